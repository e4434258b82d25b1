import classes from "./Bar.module.css";

/** A share of a whole as a bar. What it shows is said in words beside it. */
export function Bar({ share, name, tone = "good" }: { share: number; name: string; tone?: "good" | "warn" | "bad" }) {
  const wide = Math.max(0, Math.min(100, share * 100));
  return (
    <svg className={classes.bar} data-tone={tone} viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={name}>
      <rect className={classes.whole} width="100" height="6" rx="2" />
      <rect className={classes.part} width={wide} height="6" rx="2" />
    </svg>
  );
}
