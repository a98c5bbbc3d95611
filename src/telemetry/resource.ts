import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  ATTR_HOST_ID,
  ATTR_HOST_NAME,
  ATTR_OS_TYPE,
  ATTR_OS_VERSION,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
  OS_TYPE_VALUE_LINUX,
} from '@opentelemetry/semantic-conventions/incubating';

/** Schema URL of the semantic conventions, in the version of the imported package. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';

/** Attributes of this program and of the tracked host. */
export interface ResourceValues {
  /** Version of unitledger. */
  readonly version: string;
  readonly hostName: string;
  /** The host's machine ID; absent if unknown. */
  readonly hostId?: string;
  /** The kernel's release; absent if not given. */
  readonly osVersion?: string;
  /** Distinguishes this instance from those on other hosts. */
  readonly instanceId: string;
}

/**
 * The resource of all metrics. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`, which the SDK's detectors
 * read from the environment of the process, override the given values.
 */
export function telemetryResource({
  version,
  hostName,
  hostId,
  osVersion,
  instanceId,
}: ResourceValues): Resource {
  return defaultResource()
    .merge(
      resourceFromAttributes(
        {
          [ATTR_SERVICE_NAME]: 'unitledger',
          [ATTR_SERVICE_VERSION]: version,
          [ATTR_SERVICE_INSTANCE_ID]: instanceId,
          [ATTR_HOST_NAME]: hostName,
          ...(hostId !== undefined && { [ATTR_HOST_ID]: hostId }),
          [ATTR_OS_TYPE]: OS_TYPE_VALUE_LINUX,
          ...(osVersion !== undefined && { [ATTR_OS_VERSION]: osVersion }),
        },
        { schemaUrl: SCHEMA_URL },
      ),
    )
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }));
}
