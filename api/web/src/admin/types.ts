/** Short names for the shapes that the pages of this area show. All come from the server's own schema. */

import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Person = Schemas["PersonAdded"];
export type OpenSession = Schemas["SessionEntry"];
export type RoleRequest = Schemas["RoleRequestOut"];
export type Service = Schemas["ServiceOut"];
export type ServiceKey = Schemas["ServiceKeyOut"];
export type ActingGrant = Schemas["ActingOut"];
export type Model = Schemas["ModelOut"];
export type ModelEntry = Schemas["ModelEntry"];
export type ModelChange = Schemas["ModelChangeOut"];
export type Tried = Schemas["TriedOut"];
export type Policy = Schemas["PolicyOut"];
export type PolicyVersion = Schemas["PolicyVersionOut"];
export type PolicyDocument = Schemas["PolicyDocument"];
export type TrialRow = Schemas["TrialRowOut"];
export type Redacted = Schemas["RedactedOut"];
export type Treatment = keyof Schemas["TrialRowOut"]["now"];
export type Budget = Schemas["BudgetOut"];
export type Charge = Schemas["ChargeOut"];
export type Destination = Schemas["DestinationOut"];
export type DestinationKind = Schemas["DestinationKindOut"];
export type Delivery = Schemas["DeliveryOut"];
export type Webhook = Schemas["WebhookOut"];
export type WebhookDelivery = Schemas["WebhookDeliveryOut"];
export type SignedReport = Schemas["SignedReport"];
export type Change = Schemas["MadeChangeOut"];
export type Retention = Schemas["RetentionOut"];
