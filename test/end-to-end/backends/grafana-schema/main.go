// Holds dashboards to Grafana's own schema, by the types that its Foundation SDK has in Go: unlike those in TypeScript,
// they read a dashboard that is there, field by field, panels and queries of each kind included, and know no others.
//
// Arguments: files. Says what is wrong, and ends with 1 if anything is.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins()
	failed := false
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			fmt.Printf("%s: %v\n", path, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func check(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var whole dashboard.Dashboard
	// No problems come as an empty list, which is an error that is not nil.
	var problems cog.BuildErrors
	if err := whole.UnmarshalJSONStrict(text); err != nil && !(errors.As(err, &problems) && len(problems) == 0) {
		return err
	}
	return whole.Validate()
}
