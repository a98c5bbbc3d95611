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

/** The semantic conventions that names and attributes are of: the version of the package that they come from. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';

/** What the resource says of this program and of the host that it looks at. */
export interface ResourceValues {
  /** Of unitledger. */
  readonly version: string;
  readonly hostName: string;
  /** The host's machine ID; left out where it is not known. */
  readonly hostId?: string;
  /** The kernel's release; left out where it is not given. */
  readonly osVersion?: string;
  /** Tells this instance of the program from those on other hosts. */
  readonly instanceId: string;
}

/**
 * The resource of all metrics. `OTEL_RESOURCE_ATTRIBUTES`, and above it `OTEL_SERVICE_NAME`, which the SDK's detectors
 * read from the environment of the process, go before the values given.
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
