package io.l0pyserini;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.lucene.index.CheckIndex;
import org.apache.lucene.store.FSDirectory;

/** Runs Lucene's CheckIndex. */
public final class ImpactCheck {
  private ImpactCheck() {}

  /** Reads every byte of an index; returns what is damaged, or an empty string. */
  public static String of(String folder) throws IOException {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (FSDirectory directory = FSDirectory.open(Path.of(folder));
        CheckIndex check = new CheckIndex(directory);
        PrintStream stream = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      check.setInfoStream(stream);
      return check.checkIndex().clean ? "" : damage(printed.toString(StandardCharsets.UTF_8));
    }
  }

  private static String damage(String printed) {
    return printed
        .lines()
        .filter(line -> line.contains("Exception") || line.contains("ERROR"))
        .findFirst()
        .orElse("it does not say what")
        .strip();
  }
}
