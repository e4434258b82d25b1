import { queryOptions } from "@tanstack/react-query";
import { api, reply } from "../api/client";
import { may } from "../shell/areas";
import type { Session } from "../api/types";
import { burnOf, stateOf as budgetState } from "./money/burning";
import { stateOf as modelState } from "./models/data";
import { endsSoon } from "./services/data";
import type { Destination } from "./types";

/** How much of each part wants somebody to look at it. Null: not for this person. */
export interface Attention {
  requests: number | null;
  models: number | null;
  budgets: number | null;
  keys: number | null;
  dead: number | null;
  untold: number | null;
}

/** One's own are for somebody else to decide. */
async function requests(me: string): Promise<number> {
  const { requests: open } = await reply(api.GET("/v1/role-requests"));
  return open.filter(({ asked_by, email }) => ![asked_by, email].includes(me)).length;
}

async function models(now: Date): Promise<number> {
  const found = await reply(api.GET("/v1/register/models"));
  return (found.left_out?.length ?? 0) + found.models.filter((model) => modelState(model, now) !== "used").length;
}

async function budgets(now: Date): Promise<number> {
  const found = await reply(api.GET("/v1/budgets"));
  return found.budgets.filter((budget) => {
    const burn = burnOf(budget, now);
    return burn !== null && budgetState(burn) !== "within";
  }).length;
}

async function keys(now: Date): Promise<number> {
  const found = await reply(api.GET("/v1/service-accounts"));
  return found.accounts.flatMap((account) => account.keys).filter((key) => endsSoon(key.expires_at, now)).length;
}

/** Those that wait after a failure are counted among the newest that wait. */
const WAITING = { params: { query: { state: "waiting" as const, limit: 200 } } };

function failing(waiting: readonly { error: string | null }[]): number {
  return waiting.filter(({ error }) => error !== null).length;
}

async function dead(): Promise<number> {
  const [found, waiting] = await Promise.all([
    reply(api.GET("/v1/operator/destinations")),
    reply(api.GET("/v1/operator/deliveries", WAITING)),
  ]);
  const given = (each: Destination) => (each.deliveries.dead ?? 0) + (each.deliveries.review ?? 0);
  return found.destinations.reduce((sum, each) => sum + given(each), failing(waiting.deliveries));
}

async function untold(): Promise<number> {
  const [found, waiting] = await Promise.all([
    reply(api.GET("/v1/webhooks")),
    reply(api.GET("/v1/webhooks/deliveries", WAITING)),
  ]);
  return found.webhooks.reduce((sum, each) => sum + (each.deliveries.dead ?? 0), failing(waiting.deliveries));
}

export function attentionQuery(session: Session) {
  const where = <Found>(needs: string, look: () => Promise<Found>) =>
    may(session, [needs]) ? look() : Promise.resolve(null);
  return queryOptions({
    queryKey: ["admin", "attention", session.person?.email],
    queryFn: async (): Promise<Attention> => {
      const now = new Date();
      const [asked, registered, limited, held, stuck, unheard] = await Promise.all([
        where("people.read", () => requests(session.person?.email ?? "")),
        where("model.change", () => models(now)),
        where("budget.read", () => budgets(now)),
        where("service.manage", () => keys(now)),
        where("destination.manage", dead),
        where("webhook.manage", untold),
      ]);
      return { requests: asked, models: registered, budgets: limited, keys: held, dead: stuck, untold: unheard };
    },
  });
}
