{{- define "unitledger.volumeMounts" -}}
- name: unitledger-config
  mountPath: /etc/unitledger/unitledger.yaml
  subPath: unitledger.yaml
  readOnly: true
- name: unitledger-config
  mountPath: /etc/unitledger/exec.yaml
  subPath: exec.yaml
  readOnly: true
{{- if eq .Values.mode "daemonset" }}
- name: proc
  mountPath: /host/proc
  readOnly: true
  # File systems mounted below it are included, and are read-only if the runtime supports that.
  recursiveReadOnly: IfPossible
{{- end }}
- name: cgroup
  mountPath: /host/sys/fs/cgroup
  readOnly: true
  recursiveReadOnly: IfPossible
{{- if ne .Values.spool.type "none" }}
- name: spool
  mountPath: /var/spool/unitledger
{{- end }}
{{- if .Values.export.caSecret.name }}
- name: otlp-ca
  mountPath: /etc/unitledger/ca
  readOnly: true
{{- end }}
{{- if .Values.export.clientCertificateSecret.name }}
- name: otlp-client
  mountPath: /etc/unitledger/client
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "unitledger.volumes" -}}
- name: unitledger-config
  configMap:
    name: {{ include "unitledger.fullname" . }}
{{- if eq .Values.mode "daemonset" }}
- name: proc
  hostPath:
    path: /proc
    type: Directory
{{- end }}
- name: cgroup
  hostPath:
    path: /sys/fs/cgroup
    type: Directory
{{- if eq .Values.spool.type "emptyDir" }}
- name: spool
  emptyDir:
    sizeLimit: {{ .Values.spool.sizeLimit }}
{{- else if eq .Values.spool.type "hostPath" }}
- name: spool
  hostPath:
    path: {{ .Values.spool.path | quote }}
    type: DirectoryOrCreate
{{- end }}
{{- with .Values.export.caSecret }}
{{- if .name }}
- name: otlp-ca
  secret:
    secretName: {{ .name }}
    items:
      - key: {{ .key }}
        path: {{ .key }}
{{- end }}
{{- end }}
{{- with .Values.export.clientCertificateSecret }}
{{- if .name }}
- name: otlp-client
  secret:
    secretName: {{ .name }}
    # Keys of a secret of type kubernetes.io/tls, as cert-manager creates it.
    items:
      - key: tls.crt
        path: tls.crt
      - key: tls.key
        path: tls.key
{{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
