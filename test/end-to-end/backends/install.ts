import { buildCollector } from './collector.ts';
import { buildPrometheus } from './prometheus.ts';

buildCollector();
buildPrometheus();
