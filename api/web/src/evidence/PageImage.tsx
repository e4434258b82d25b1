import { Loader, Text } from "@mantine/core";
import { useState } from "react";
import type { PageView } from "../api/types";
import { words } from "../words/ask";
import classes from "./PageImage.module.css";

interface PageImageProps {
  page: PageView;
  title: string;
  onUnavailable: () => void;
}

const MARGIN = 1.5;

/** A page as it was printed, with the cited lines boxed. Boxes are in points of the page. */
export function PageImage({ page, title, onUnavailable }: PageImageProps) {
  const [loaded, setLoaded] = useState(false);
  const [failed, setFailed] = useState(false);

  if (failed) {
    return (
      <Text size="sm" c="dimmed" role="status">
        {words.source.noImage}
      </Text>
    );
  }
  return (
    <div className={classes.frame}>
      {!loaded && (
        <div className={classes.loading}>
          <Loader size="sm" aria-label={words.source.loadingPage} />
        </div>
      )}
      <img
        className={classes.image}
        src={page.image}
        width={Math.round(page.width)}
        height={Math.round(page.height)}
        alt={words.source.imageAlt(page.page, title)}
        onLoad={() => setLoaded(true)}
        onError={() => {
          setFailed(true);
          onUnavailable();
        }}
      />
      {loaded && (
        <svg className={classes.boxes} viewBox={`0 0 ${page.width} ${page.height}`} aria-hidden focusable="false">
          {page.boxes.map((box) => (
            <rect
              key={`${box.left},${box.top},${box.right},${box.bottom}`}
              data-cited
              x={box.left - MARGIN}
              y={box.top - MARGIN}
              width={box.right - box.left + 2 * MARGIN}
              height={box.bottom - box.top + 2 * MARGIN}
              rx={2}
            />
          ))}
        </svg>
      )}
    </div>
  );
}
