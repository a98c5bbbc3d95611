{{/*
The program's configuration file. Environment variables override it, those of extraEnv included.
*/}}
{{- define "unitledger.config" -}}
{{- include "unitledger.checkValues" . -}}
{{- include "unitledger.targetsConfig" . }}
{{- if ne .Values.spool.type "none" }}
spool-dir: /var/spool/unitledger
spool-lifetime: {{ eq .Values.spool.type "emptyDir" | ternary "pod" "host" }}
{{- end }}
{{- if .Values.listen.enabled }}
listen: {{ printf "%s:%v" .Values.listen.host .Values.listen.port | quote }}
{{- end }}
{{- range $name, $value := .Values.options }}
{{- if not (has (toString $value) (list "" "[]" "<nil>")) }}
{{ kebabcase $name }}: {{ toJson $value }}
{{- end }}
{{- end }}
{{- end }}

{{/*
The configuration of a second unitledger in the same container (kubectl exec): the same targets, but without
port, spool and export.
*/}}
{{- define "unitledger.execConfig" -}}
{{- include "unitledger.targetsConfig" . }}
export: none
{{- end }}

{{- define "unitledger.targetsConfig" -}}
{{- with .Values.targets.services }}
service: {{ toJson . }}
{{- end }}
{{- with .Values.targets.cgroups }}
cgroup: {{ toJson . }}
{{- end }}
{{- if eq .Values.mode "daemonset" }}
proc-root: /host/proc
{{- end }}
cgroup-root: /host/sys/fs/cgroup
{{- end }}

{{/* Bytes of a size in the notation of the program (256MiB) or of Kubernetes (320Mi, 1G, 5e8), rounded down. */}}
{{- define "unitledger.bytes" -}}
{{- $text := . | toString -}}
{{- if kindIs "float64" . }}{{ $text = printf "%.0f" . }}{{ end -}}
{{- $unit := regexFind "[A-Za-z]*$" $text | trimSuffix "B" -}}
{{- $factors := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- if not (hasKey $factors $unit) }}{{ fail (printf "spool.sizeLimit %v must be a number of bytes, or with one of the units Ki, Mi, Gi, Ti, k, M, G, T." $text) }}{{ end -}}
{{- $number := regexFind "^[0-9.]+(e[0-9]+)?" $text | float64 -}}
{{- mulf $number (index $factors $unit) | floor | int64 -}}
{{- end }}

{{- define "unitledger.checkValues" -}}
{{- range $monitor := list "podMonitor" "serviceMonitor" }}
  {{- if and (index $.Values $monitor).enabled (not $.Values.listen.enabled) }}
    {{- fail (printf "%s.enabled needs listen.enabled: without it, the pods serve no metrics." $monitor) }}
  {{- end }}
{{- end -}}
{{- if and .Values.podMonitor.enabled .Values.serviceMonitor.enabled -}}
  {{- fail "Enable only one of podMonitor and serviceMonitor: with both, every pod would be scraped twice." }}
{{- end -}}
{{- if eq .Values.spool.type "emptyDir" -}}
  {{- $spoolSize := .Values.options.spoolSize | default "256MiB" -}}
  {{- if le (include "unitledger.bytes" .Values.spool.sizeLimit | int64) (include "unitledger.bytes" $spoolSize | int64) -}}
    {{- fail (printf "spool.sizeLimit %v must be more than options.spoolSize %v: the kubelet evicts the pod when the volume is larger than its limit." .Values.spool.sizeLimit $spoolSize) }}
  {{- end -}}
{{- end -}}
{{- $named := concat .Values.targets.services .Values.targets.cgroups -}}
{{- if eq .Values.mode "daemonset" -}}
  {{- if not $named }}
    {{- fail "Nothing to track: name at least one systemd unit in targets.services (--set 'targets.services={nginx}') or one cgroup path in targets.cgroups; or set mode=pod to track a Job or StatefulSet of your own." }}
  {{- end }}
  {{- if .Values.workload.podSpec }}
    {{- fail "workload.podSpec is for mode=pod, and mode is daemonset: set mode=pod, or remove workload.podSpec." }}
  {{- end }}
{{- else -}}
  {{- if $named }}
    {{- fail "targets are for mode=daemonset: in mode=pod, unitledger tracks its own pod." }}
  {{- end }}
  {{- if not .Values.workload.podSpec.containers }}
    {{- fail "mode=pod needs the containers to track: list them in workload.podSpec.containers, as in a pod." }}
  {{- end }}
  {{- if include "unitledger.wantsExitRecords" . }}
    {{- fail "options.exitRecords=on is for mode=daemonset: the kernel sends exit records only to the PID and network namespaces of the node." }}
  {{- end }}
  {{- if eq .Values.spool.type "hostPath" }}
    {{- fail "spool.type=hostPath is for mode=daemonset: in mode=pod, several pods of a node would share the directory." }}
  {{- end }}
  {{- if .Values.networkPolicy.enabled }}
    {{- fail "networkPolicy is for mode=daemonset: in mode=pod, it would also apply to the other containers of the pod." }}
  {{- end }}
{{- end -}}
{{- end }}

{{/* One comma-separated line, the format of OTEL_RESOURCE_ATTRIBUTES. */}}
{{- define "unitledger.resourceAttributes" -}}
host.name=$(NODE_NAME),k8s.node.name=$(NODE_NAME),service.instance.id=$({{ eq .Values.mode "pod" | ternary "POD_UID" "NODE_NAME" }})
{{- if eq .Values.mode "pod" }},k8s.namespace.name={{ .Release.Namespace }},k8s.pod.name=$(POD_NAME),k8s.pod.uid=$(POD_UID){{ end -}}
{{- range $name, $value := .Values.resourceAttributes }},{{ $name }}={{ $value }}{{ end -}}
{{- end }}
