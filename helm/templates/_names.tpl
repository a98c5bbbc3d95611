{{/* Name of all objects: the release's, with the chart's unless it is part of it already. */}}
{{- define "unitledger.fullname" -}}
{{- $name := .Release.Name -}}
{{- if not (contains .Chart.Name $name) }}{{ $name = printf "%s-%s" $name .Chart.Name }}{{ end -}}
{{- .Values.fullnameOverride | default $name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* What the selector goes by: never changes for a release. */}}
{{- define "unitledger.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "unitledger.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "unitledger.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "unitledger.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end }}

{{/* One comma-separated line, as the specification of OTEL_RESOURCE_ATTRIBUTES has it. */}}
{{- define "unitledger.resourceAttributes" -}}
host.name=$(NODE_NAME),k8s.node.name=$(NODE_NAME)
{{- range $name, $value := .Values.resourceAttributes }},{{ $name }}={{ $value }}{{ end -}}
{{- end }}
