import classes from "./Wordmark.module.css";

/** The name of the product with its sign: a citation that has been checked. */
export function Wordmark() {
  return (
    <span className={classes.wordmark}>
      <svg viewBox="0 0 24 24" width="24" height="24" fill="none" strokeLinecap="round" strokeLinejoin="round" aria-hidden>
        <path d="M7 4H4v16h3M17 4h3v16h-3" className={classes.brackets} strokeWidth="1.9" />
        <path d="m8.2 12.4 2.7 2.7 5-6" className={classes.check} strokeWidth="2.3" />
      </svg>
      Vouch
    </span>
  );
}
