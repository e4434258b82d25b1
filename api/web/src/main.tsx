import "./styles/global.css";
import { MantineProvider } from "@mantine/core";
import { QueryCache, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ProblemError } from "./api/http";
import { createQueryClient, sessionQuery } from "./api/queries";
import { router } from "./router";
import { theme } from "./theme";
import { installTrustedTypes } from "./trusted-types";

installTrustedTypes();

const nonce = document.querySelector<HTMLMetaElement>("meta[property='csp-nonce']")?.nonce ?? "";
setNonce(nonce);

const queryClient = createQueryClient(
  new QueryCache({
    onError: (error) => {
      // A session that ended while the page was open leads back to the sign-in page.
      if (error instanceof ProblemError && error.problem.status === 401) {
        void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
      }
    },
  }),
);

const root = document.getElementById("root");
if (!root) throw new Error("The page has no place to render into.");

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
