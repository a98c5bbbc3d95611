import { installBoardModels } from './board-models.ts';
import { buildCollector } from './collector.ts';
import { buildGrafanaSchema } from './grafana-schema.ts';
import { buildPrometheus } from './prometheus.ts';

buildCollector();
buildPrometheus();
buildGrafanaSchema();
installBoardModels();
