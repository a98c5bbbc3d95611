{{/*
How an operator's Prometheus scrapes a pod: `job` and `instance` come out as OTLP has them, so that dashboards and rules
hold for both ways.
*/}}
{{- define "unitledger.scrape" -}}
port: metrics
interval: {{ .interval }}
# Its own labels (systemd_unit_name, process_pid) stay as they are.
honorLabels: true
relabelings:
  - sourceLabels: [{{ eq .mode "pod" | ternary "__meta_kubernetes_pod_uid" "__meta_kubernetes_pod_node_name" }}]
    targetLabel: instance
{{- end }}
