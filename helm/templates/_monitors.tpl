{{/*
Scraping by the Prometheus operator: `job` and `instance` are the same as by OTLP, so that dashboards and rules
work for both.
*/}}
{{- define "unitledger.scrape" -}}
port: metrics
interval: {{ .interval }}
# Keep the labels of unitledger (systemd_unit_name, process_pid).
honorLabels: true
relabelings:
  - sourceLabels: [{{ eq .mode "pod" | ternary "__meta_kubernetes_pod_uid" "__meta_kubernetes_pod_node_name" }}]
    targetLabel: instance
{{- end }}
