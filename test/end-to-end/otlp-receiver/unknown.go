package main

import "google.golang.org/protobuf/reflect/protoreflect"

// unknownField names the message, below the given one, that holds fields the definitions do not have; "" for none.
func unknownField(message protoreflect.Message, path string) string {
	if len(message.GetUnknown()) > 0 {
		return path
	}
	found := ""
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Kind() != protoreflect.MessageKind || field.IsMap() {
			return true
		}
		below := path + "." + string(field.Name())
		if !field.IsList() {
			found = unknownField(value.Message(), below)
			return found == ""
		}
		list := value.List()
		for i := 0; i < list.Len() && found == ""; i++ {
			found = unknownField(list.Get(i).Message(), below)
		}
		return found == ""
	})
	return found
}
