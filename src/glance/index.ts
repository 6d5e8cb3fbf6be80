export { type GlancePayloads, glance } from './catalog.js';
export { ExistingImage, ImageExistsPayload, imageExistsPayload } from './exists-payload.js';
export {
  DeletedImagePayload,
  deletedImagePayload,
  IMAGE_STATUSES,
  IMAGE_VISIBILITIES,
  ImageDataPayload,
  ImagePayload,
  type ImageRecord,
  type ImageStatus,
  type ImageVisibility,
  type ImportProgress,
  imageDataPayload,
  imagePayload,
} from './image-payload.js';
export {
  deletedImageMemberPayload,
  ImageMemberPayload,
  type ImageMemberRecord,
  imageMemberPayload,
  MEMBER_STATUSES,
  type MemberStatus,
} from './member-payload.js';
export {
  NamespacePayload,
  ObjectPayload,
  PropertyPayload,
  ResourceTypePayload,
  TagPayload,
} from './metadef-payloads.js';
export {
  asDeleted,
  type NamespaceRecord,
  namespacePayload,
  type ObjectRecord,
  objectPayload,
  type PropertyRecord,
  propertyPayload,
  type ResourceTypeRecord,
  resourceTypePayload,
  type TagRecord,
  tagPayload,
} from './metadef-records.js';
export { ObjectProperty, SchemaKeys, type SchemaRecord } from './schema-keys.js';
export { ImageSendPayload, imageSendPayload, type Receiver } from './send-payload.js';
export {
  FailedTaskPayload,
  failedTaskPayload,
  ProcessingTaskPayload,
  processingTaskPayload,
  RunningTaskPayload,
  runningTaskPayload,
  SucceededTaskPayload,
  succeededTaskPayload,
  TASK_STATUSES,
  TaskPayload,
  type TaskRecord,
  type TaskStatus,
  taskPayload,
} from './task-payload.js';
export { auditTime, type Moment, time, timeOrNull } from './times.js';
