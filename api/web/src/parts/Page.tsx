import { Link, type LinkProps } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import classes from "./Page.module.css";

interface PageProps {
  title: string;
  /** One sentence on what the page is for. */
  about?: ReactNode;
  /** Buttons of the page as a whole. */
  actions?: ReactNode;
  /** Where the page belongs: a link above its title. */
  up?: { to: NonNullable<LinkProps["to"]>; name: string };
  children: ReactNode;
}

let opened = false;

/** A page of an area: its title, which takes the focus when the page opens, and what stands below. */
export function Page({ title, about, actions, up, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Vouch`;
    return () => {
      document.title = "Vouch";
    };
  }, [title]);
  useEffect(() => {
    // Whoever came by a link goes on reading at the title; whoever loaded the address begins where the browser does.
    // A link within the page that was left is gone by now, and with it the focus.
    if (opened || document.activeElement !== document.body) heading.current?.focus();
    opened = true;
  }, []);
  return (
    <div className={classes.page}>
      {up && (
        <Link to={up.to} className={classes.up}>
          <ChevronLeft aria-hidden size={15} />
          {up.name}
        </Link>
      )}
      <header className={classes.head}>
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {about && <p className={classes.about}>{about}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A titled part of a page. */
export function Section({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section} aria-label={title}>
      <div className={classes.sectionHead}>
        <h2>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}
