import { Button, Group, Modal, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useFields } from "../../parts/useFields";
import { api, reply } from "../../api/client";
import { problemOf } from "../../api/http";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { words } from "../../words/review";

const said = words.subject;

interface FindPersonProps {
  opened: boolean;
  onClose: () => void;
  onFound: (subject: string) => void;
}

/** Under which pseudonym the log knows the person of an address. Asking is a record, with its reason. */
export function FindPerson({ opened, onClose, onFound }: FindPersonProps) {
  const fields = useFields({ email: "", why: "" }, { email: /address/ });
  const [running, setRunning] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const find = async () => {
    setRunning(true);
    setFailure(null);
    try {
      const body = { email: fields.values.email.trim(), why: fields.values.why.trim() };
      const { subject } = await fields.attempt(() => reply(api.POST("/v1/audit/pseudonym", { body })));
      fields.reset({ email: "", why: "" });
      onClose();
      onFound(subject);
    } catch (error) {
      setFailure(error);
    } finally {
      setRunning(false);
    }
  };
  return (
    <Modal opened={opened} onClose={onClose} title={said.findTitle} centered closeButtonProps={{ "aria-label": words.close }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void find();
        }}
      >
        <p>{said.findAbout}</p>
        <TextInput label={said.address} type="email" required mt="md" maxLength={320} {...fields.text("email")} />
        <Textarea
          label={words.reason}
          description={words.reasonHint}
          required
          mt="md"
          minLength={3}
          maxLength={500}
          autosize
          {...fields.text("why")}
        />
        {failure !== null && <ProblemNotice problem={problemOf(failure)} />}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={running}>
            {said.action}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
