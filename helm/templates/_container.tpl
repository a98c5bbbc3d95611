{{/* The container of unitledger, except its name and the fields of one mode only. */}}
{{- define "unitledger.container" -}}
image: {{ include "unitledger.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [--config, /etc/unitledger/unitledger.yaml]
env:
  {{- include "unitledger.environment" . | nindent 2 }}
securityContext:
  {{- include "unitledger.securityContext" . | nindent 2 }}
{{- if .Values.listen.enabled }}
ports:
  - name: metrics
    containerPort: {{ .Values.listen.port }}
{{- if .Values.probes.liveness }}
livenessProbe:
  httpGet:
    path: /healthz
    port: metrics
  periodSeconds: 30
  timeoutSeconds: 5
{{- end }}
{{- if .Values.probes.readiness }}
readinessProbe:
  httpGet:
    path: /readyz
    port: metrics
  timeoutSeconds: 5
{{- end }}
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  {{- include "unitledger.volumeMounts" . | nindent 2 }}
{{- end }}

{{- define "unitledger.environment" -}}
# For programs started in the container by kubectl exec. The container itself has its file in its arguments.
- name: UNITLEDGER_CONFIG
  value: /etc/unitledger/exec.yaml
- name: NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
- name: HOST_IP
  valueFrom:
    fieldRef:
      fieldPath: status.hostIP
{{- if eq .Values.mode "pod" }}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_UID
  valueFrom:
    fieldRef:
      fieldPath: metadata.uid
# The target: the kubelet names the cgroup of the pod by its UID.
- name: UNITLEDGER_POD_UID
  value: $(POD_UID)
{{- end }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ include "unitledger.resourceAttributes" . | quote }}
{{- with .Values.export }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .endpoint | quote }}
{{- range $variable, $value := dict "OTEL_EXPORTER_OTLP_PROTOCOL" .protocol "OTEL_EXPORTER_OTLP_COMPRESSION" .compression "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE" .temporality "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION" .histogramAggregation }}
{{- if $value }}
- name: {{ $variable }}
  value: {{ $value }}
{{- end }}
{{- end }}
{{- if .headersSecret.name }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom:
    secretKeyRef:
      name: {{ .headersSecret.name }}
      key: {{ .headersSecret.key }}
{{- end }}
{{- if .caSecret.name }}
- name: OTEL_EXPORTER_OTLP_CERTIFICATE
  value: /etc/unitledger/ca/{{ .caSecret.key }}
{{- end }}
{{- if .clientCertificateSecret.name }}
- name: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE
  value: /etc/unitledger/client/tls.crt
- name: OTEL_EXPORTER_OTLP_CLIENT_KEY
  value: /etc/unitledger/client/tls.key
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Not empty if exit records are requested explicitly; `auto` uses them if the pod allows it. `on` in YAML is `true`. */}}
{{- define "unitledger.wantsExitRecords" -}}
{{- if has (toString .Values.options.exitRecords) (list "true" "on") }}yes{{ end -}}
{{- end }}

{{- define "unitledger.securityContext" -}}
# Kubernetes has no ambient capabilities, so only user 0 gets added capabilities.
runAsUser: 0
runAsNonRoot: false
readOnlyRootFilesystem: true
{{- if .Values.securityContext.privileged }}
privileged: true
{{- else }}
allowPrivilegeEscalation: false
capabilities:
  drop:
    - ALL
  add:
    # Reading I/O counters of a process is subject to ptrace access checks.
    - SYS_PTRACE
    # Only the user of a process may open its io file.
    - DAC_READ_SEARCH
    {{- if include "unitledger.wantsExitRecords" . }}
    # The kernel sends exit records only with this capability.
    - NET_ADMIN
    {{- end }}
seccompProfile:
  type: RuntimeDefault
# The runtime's default AppArmor profile denies reading I/O counters of processes outside the container,
# with any capabilities. Nodes without AppArmor ignore this field.
appArmorProfile:
  type: {{ .Values.securityContext.appArmorProfile }}
{{- end }}
{{- with .Values.securityContext.seLinuxOptions }}
seLinuxOptions:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
