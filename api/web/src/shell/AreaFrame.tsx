import "@mantine/core/styles.layer.css";
import { Link, useLocation } from "@tanstack/react-router";
import type { LucideIcon } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { Page } from "../parts/Page";
import { Forbidden } from "../parts/States";
import { words } from "../words/shell";
import { may } from "./areas";
import classes from "./AreaFrame.module.css";
import { Frame, useFrame } from "./Frame";
import { useSignedIn } from "./session";

export interface AreaPage {
  to: string;
  name: string;
  icon: LucideIcon;
  /** The permissions of which one is needed to see the page. */
  needs: readonly string[];
}

/** The one of the pages that an address belongs to: the longest that it begins with. */
export function pageAt(pages: readonly AreaPage[], pathname: string): AreaPage | undefined {
  return pages
    .filter((page) => `${pathname}/`.startsWith(`${page.to}/`))
    .toSorted((a, b) => b.to.length - a.to.length)[0];
}

function Pages({ pages }: { pages: readonly AreaPage[] }) {
  const { closeMenu } = useFrame();
  const current = pageAt(pages, useLocation().pathname);
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    list.current?.querySelector("[data-current]")?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <nav ref={list} className={classes.pages} aria-label={words.pages}>
      {pages.map((page) => (
        <Link
          key={page.to}
          to={page.to}
          className={classes.page}
          activeProps={{}}
          data-current={page === current || undefined}
          aria-current={page === current ? "page" : undefined}
          onClick={closeMenu}
        >
          <page.icon aria-hidden size={16} />
          {page.name}
        </Link>
      ))}
    </nav>
  );
}

interface AreaFrameProps {
  name: string;
  pages: readonly AreaPage[];
  children: ReactNode;
}

/** An area with the pages in it that this person may use. */
export function AreaFrame({ name, pages, children }: AreaFrameProps) {
  const session = useSignedIn();
  const current = pageAt(pages, useLocation().pathname);
  return (
    <Frame sideName={name} side={<Pages pages={pages.filter((page) => may(session, page.needs))} />}>
      <div className={classes.scroll}>
        {current && !may(session, current.needs) ? (
          <Page title={current.name}>
            <Forbidden />
          </Page>
        ) : (
          children
        )}
      </div>
    </Frame>
  );
}
