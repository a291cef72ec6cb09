package io.l0pyserini;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.lucene.index.CheckIndex;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.Lock;
import org.apache.lucene.store.LockObtainFailedException;
import org.apache.lucene.store.NoLockFactory;

/** Runs Lucene's CheckIndex. */
public final class ImpactCheck {
  private ImpactCheck() {}

  /**
   * Reads every byte of an index; returns what is damaged, or an empty string.
   *
   * @throws LockObtainFailedException if the index is being written
   */
  public static String of(String folder) throws IOException {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (FSDirectory directory = FSDirectory.open(Path.of(folder));
        CheckIndex check = new CheckIndex(directory, lock(directory));
        PrintStream stream = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      check.setInfoStream(stream);
      return check.checkIndex().clean ? "" : damage(printed.toString(StandardCharsets.UTF_8));
    }
  }

  /** Keeps writers away; who may not write in the folder cannot, and reads it all the same. */
  private static Lock lock(Directory directory) throws IOException {
    try {
      return directory.obtainLock(IndexWriter.WRITE_LOCK_NAME);
    } catch (LockObtainFailedException held) {
      throw held;
    } catch (IOException refused) {
      return NoLockFactory.INSTANCE.obtainLock(directory, IndexWriter.WRITE_LOCK_NAME);
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
