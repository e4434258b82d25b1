import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { words } from "../words/signin";
import classes from "./SignInPage.module.css";

const SHORTEST = 12;

interface PasswordFormProps {
  waiting: boolean;
  onEnter: (email: string, password: string) => void;
}

export function PasswordForm({ waiting, onEnter }: PasswordFormProps) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  function enter(event: SyntheticEvent) {
    event.preventDefault();
    if (email && password) onEnter(email, password);
  }
  return (
    <form className={classes.form} onSubmit={enter}>
      <TextInput
        label={words.email}
        type="email"
        autoComplete="username"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label={words.password}
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" loading={waiting} disabled={!email || !password}>
        {words.signIn}
      </Button>
    </form>
  );
}

interface NewPasswordFormProps {
  waiting: boolean;
  onChoose: (password: string) => void;
}

export function NewPasswordForm({ waiting, onChoose }: NewPasswordFormProps) {
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const differs = again.length > 0 && again !== password;
  function choose(event: SyntheticEvent) {
    event.preventDefault();
    if (password && password === again) onChoose(password);
  }
  return (
    <form className={classes.form} onSubmit={choose}>
      <PasswordInput
        label={words.newPassword}
        description={words.passwordHint(SHORTEST)}
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <PasswordInput
        label={words.again}
        autoComplete="new-password"
        value={again}
        error={differs ? words.differs : null}
        onChange={(event) => setAgain(event.currentTarget.value)}
      />
      <Button type="submit" loading={waiting} disabled={password.length < SHORTEST || password !== again}>
        {words.setPassword}
      </Button>
    </form>
  );
}
