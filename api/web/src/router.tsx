import { Button, Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import {
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  Outlet,
  useNavigate,
} from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { problemOf } from "./api/http";
import { sessionQuery } from "./api/queries";
import { ChatPage } from "./chat/ChatPage";
import { ProblemNotice } from "./chat/ProblemNotice";
import { failureOf } from "./signin/failures";
import { SignInPage } from "./signin/SignInPage";

/** Goes elsewhere once. The router's own component goes again with every rendering of its parent. */
function Redirect({ to }: { to: "/" | "/signin" }) {
  const navigate = useNavigate();
  useEffect(() => {
    void navigate({ to, replace: true });
  }, [navigate, to]);
  return null;
}

function useSession() {
  return useQuery(sessionQuery);
}

function Root() {
  const session = useSession();
  if (session.isPending) {
    return (
      <Center h="100dvh" role="status" aria-label="Loading Vouch">
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
  return <ChatPage key={data.person?.email} session={data} />;
}

function SignIn() {
  const { data } = useSession();
  // Read once: the page takes it out of the address, and must still know that it came with one.
  const [link] = useState(() => window.location.hash.slice(1));
  const [failure] = useState(() => failureOf(window.location.search));
  if (!data) return null;
  // A link in the address signs its person in, whoever was signed in before.
  if (data.signed_in && !link) return <Redirect to="/" />;
  return <SignInPage session={data} link={link} failure={failure} />;
}

function NotFound() {
  return (
    <Center component="main" h="100dvh" p="md">
      <div>
        <h1>There is nothing at this address</h1>
        <Button component={Link} to="/">
          Go to your questions
        </Button>
      </div>
    </Center>
  );
}

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });
const chat = createRoute({ getParentRoute: () => root, id: "chat", component: SignedIn });
const start = createRoute({ getParentRoute: () => chat, path: "/" });
const conversation = createRoute({ getParentRoute: () => chat, path: "c/$conversationId" });
const signin = createRoute({ getParentRoute: () => root, path: "signin", component: SignIn });

export const router = createRouter({
  routeTree: root.addChildren([chat.addChildren([start, conversation]), signin]),
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
