import { Center, Loader } from "@mantine/core";
import { createRoute, createRouter } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { adminRoutes } from "./admin/routes";
import { ChatPage } from "./chat/ChatPage";
import { askRoutes } from "./chat/routes";
import { reviewRoutes } from "./review/routes";
import { Redirect, rootRoute, signedInRoute, useSession } from "./routes";
import { areasOf, may } from "./shell/areas";
import { useSignedIn } from "./shell/session";
import { failureOf } from "./signin/failures";
import { sourcesRoutes } from "./sources/routes";
import { words } from "./words/shell";

const SignInPage = lazy(async () => ({ default: (await import("./signin/SignInPage")).SignInPage }));

function Ask() {
  const session = useSignedIn();
  // Somebody who only runs or reviews Vouch begins where their work is.
  if (!may(session, ["ask"])) return <Redirect to={areasOf(session)[0]?.to ?? "/signin"} />;
  return <ChatPage session={session} />;
}

function SignIn() {
  const { data } = useSession();
  // Read once: the page takes it out of the address, and must still know that it came with one.
  const [link] = useState(() => window.location.hash.slice(1));
  const [failure] = useState(() => failureOf(window.location.search));
  if (!data) return null;
  // A link in the address signs its person in, whoever was signed in before.
  if (data.signed_in && !link) return <Redirect to="/" />;
  return (
    <Suspense fallback={<Arriving />}>
      <SignInPage session={data} link={link} failure={failure} />
    </Suspense>
  );
}

function Arriving() {
  return (
    <Center h="60dvh" role="status" aria-label={words.loading}>
      <Loader />
    </Center>
  );
}

const ask = createRoute({ getParentRoute: () => signedInRoute, id: "ask", component: Ask });
const start = createRoute({ getParentRoute: () => ask, path: "/" });
const conversation = createRoute({ getParentRoute: () => ask, path: "c/$conversationId" });
const signin = createRoute({ getParentRoute: () => rootRoute, path: "signin", component: SignIn });

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    signedInRoute.addChildren([ask.addChildren([start, conversation]), ...askRoutes, sourcesRoutes, reviewRoutes, adminRoutes]),
    signin,
  ]),
  defaultPendingComponent: Arriving,
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
