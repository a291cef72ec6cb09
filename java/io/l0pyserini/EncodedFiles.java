package io.l0pyserini;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/** Reads files, plain or .gz, in chunks of whole lines. */
final class EncodedFiles {
  private static final int CHUNK = 1 << 19;

  private EncodedFiles() {}

  /** Whole lines of a file; offset counts the file's bytes before them, unpacked. */
  record Chunk(Path file, long offset, byte[] bytes, int size) {}

  /** Takes chunks as they are read. */
  interface Receiver {
    void receive(Chunk chunk) throws Exception;
  }

  static void read(Path file, Receiver receiver) throws Exception {
    try (InputStream input = open(file)) {
      byte[] bytes = new byte[CHUNK];
      int size = 0;
      long offset = 0;
      while (true) {
        int read = input.readNBytes(bytes, size, bytes.length - size);
        size += read;
        int whole = read == 0 ? size : lastLine(bytes, size);
        if (size > 0 && whole > 0) {
          byte[] rest = new byte[Math.max(CHUNK, 2 * (size - whole))];
          System.arraycopy(bytes, whole, rest, 0, size - whole);
          receiver.receive(new Chunk(file, offset, bytes, whole));
          offset += whole;
          bytes = rest;
          size -= whole;
        } else if (read == 0) {
          return;
        } else {
          bytes = Arrays.copyOf(bytes, 2 * bytes.length);
        }
      }
    }
  }

  /** Returns the number, from 1, of the line that begins at an offset of a file. */
  static long lineAt(Path file, long offset) throws IOException {
    long line = 1;
    try (InputStream input = open(file)) {
      byte[] bytes = new byte[CHUNK];
      for (long left = offset; left > 0; ) {
        int read = input.readNBytes(bytes, 0, (int) Math.min(bytes.length, left));
        for (int i = 0; i < read; i++) {
          line += bytes[i] == '\n' ? 1 : 0;
        }
        left -= read;
      }
    }
    return line;
  }

  private static int lastLine(byte[] bytes, int size) {
    int end = size;
    while (end > 0 && bytes[end - 1] != '\n') {
      end--;
    }
    return end;
  }

  private static InputStream open(Path file) throws IOException {
    InputStream plain = Files.newInputStream(file);
    return file.toString().endsWith(".gz") ? new GZIPInputStream(plain, 1 << 16) : plain;
  }
}
