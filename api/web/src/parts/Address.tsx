/** An e-mail address, which breaks behind its "@" where it has no room. */
export function Address({ of }: { of: string }) {
  const at = of.indexOf("@") + 1;
  return (
    <>
      {of.slice(0, at)}
      {at > 0 && <wbr />}
      {of.slice(at)}
    </>
  );
}
