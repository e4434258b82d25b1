/** The routes that all others hang below: one for everybody, one for who is signed in. */

import { Button, Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { createRootRoute, createRoute, Link, Outlet, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { problemOf } from "./api/http";
import { sessionQuery } from "./api/queries";
import { ProblemNotice } from "./parts/ProblemNotice";
import { areasOf } from "./shell/areas";
import { SessionContext } from "./shell/session";
import { words } from "./words/shell";

/** Goes elsewhere once. The router's own component goes again with every rendering of its parent. */
export function Redirect({ to }: { to: string }) {
  const navigate = useNavigate();
  useEffect(() => {
    void navigate({ to, replace: true });
  }, [navigate, to]);
  return null;
}

export function useSession() {
  return useQuery(sessionQuery);
}

function Root() {
  const session = useSession();
  if (session.isPending) {
    return (
      <Center h="100dvh" role="status" aria-label={words.loadingVouch}>
        <Loader />
      </Center>
    );
  }
  if (!session.data) {
    return (
      <Center component="main" h="100dvh" p="md">
        <ProblemNotice problem={problemOf(session.error)} onRetry={() => void session.refetch()} />
      </Center>
    );
  }
  return <Outlet />;
}

function SignedIn() {
  const { data } = useSession();
  if (!data?.signed_in) return <Redirect to="/signin" />;
  return (
    <SessionContext key={data.person?.email} value={data}>
      <Outlet />
    </SessionContext>
  );
}

function NotFound() {
  const { data } = useSession();
  const home = data && areasOf(data)[0];
  return (
    <Center component="main" h="100dvh" p="md">
      <div>
        <h1>{words.missingTitle}</h1>
        <p>{words.missing}</p>
        <Button component={Link} to={home?.to ?? "/"}>
          {home && home.id !== "ask" ? words.goHome : words.goAsk}
        </Button>
      </div>
    </Center>
  );
}

export const rootRoute = createRootRoute({ component: Root, notFoundComponent: NotFound });
export const signedInRoute = createRoute({ getParentRoute: () => rootRoute, id: "in", component: SignedIn });
