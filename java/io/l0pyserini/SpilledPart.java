package io.l0pyserini;

import java.io.Closeable;
import java.io.IOException;
import org.apache.lucene.store.DataInput;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.BytesRef;

/**
 * Inverted documents in a temporary file of the index's folder, until all are written in one pass.
 *
 * <p>A term's length and bytes, its df, and its postings in blocks, each after the number of its
 * bytes: how far the document is from the one before, and the impact, seven bits a byte.
 *
 * @param texts the file of the documents' texts; null where they are not kept
 */
record SpilledPart(Directory directory, String terms, String texts, int count) {
  private static final String PREFIX = "_spilled";
  private static final int BLOCK = 4096;
  private static final int MOST_BYTES = 10;

  /** Writes documents; of a failure nothing is left. */
  static SpilledPart write(Directory directory, Inverted inverted) throws IOException {
    SpilledPart part = new SpilledPart(directory, null, null, inverted.terms());
    try {
      try (IndexOutput output = directory.createTempOutput(PREFIX, "terms", IOContext.DEFAULT)) {
        part = new SpilledPart(directory, output.getName(), null, inverted.terms());
        writeTerms(output, inverted);
      }
      if (inverted.contents() != null) {
        try (IndexOutput output = directory.createTempOutput(PREFIX, "texts", IOContext.DEFAULT)) {
          part = new SpilledPart(directory, part.terms, output.getName(), inverted.terms());
          writeTexts(output, inverted);
        }
      }
      return part;
    } catch (IOException | RuntimeException | Error fault) {
      part.delete();
      throw fault;
    }
  }

  void delete() throws IOException {
    if (terms != null) {
      directory.deleteFile(terms);
    }
    if (texts != null) {
      directory.deleteFile(texts);
    }
  }

  private static void writeTerms(IndexOutput output, Inverted inverted) throws IOException {
    byte[] block = new byte[BLOCK * MOST_BYTES];
    InvertedDocuments.Walk walk = inverted.walk();
    while (walk.next()) {
      writeText(output, walk.term);
      output.writeVInt(walk.to - walk.from);
      int document = -1;
      for (int from = walk.from; from < walk.to; from += BLOCK) {
        int to = Math.min(walk.to, from + BLOCK);
        int size = 0;
        for (int i = from; i < to; i++) {
          int next = (int) (walk.postings[i] >>> 32);
          if (next == document) {
            throw inverted.twice(document, walk.term);
          }
          size = put(block, size, next - document);
          size = put(block, size, (int) walk.postings[i]);
          document = next;
        }
        output.writeVInt(size);
        output.writeBytes(block, 0, size);
      }
    }
  }

  private static int put(byte[] bytes, int at, int value) {
    int rest = value;
    while (rest >= 128) {
      bytes[at++] = (byte) (rest | 128);
      rest >>>= 7;
    }
    bytes[at++] = (byte) rest;
    return at;
  }

  private static void writeTexts(IndexOutput output, Inverted inverted) throws IOException {
    BytesRef text = new BytesRef();
    for (int document = 0; document < inverted.documents(); document++) {
      inverted.texts().get(document, text);
      writeText(output, text);
    }
  }

  private static void writeText(IndexOutput output, BytesRef text) throws IOException {
    output.writeVInt(text.length);
    output.writeBytes(text.bytes, text.offset, text.length);
  }

  /** Reads a text into the bytes that a reference has, which are its own, or into more. */
  static void readText(DataInput input, BytesRef text) throws IOException {
    text.length = input.readVInt();
    text.offset = 0;
    text.bytes = ArrayUtil.growNoCopy(text.bytes, text.length);
    input.readBytes(text.bytes, 0, text.length);
  }

  IndexInput openTexts() throws IOException {
    return directory.openInput(texts, IOContext.DEFAULT);
  }

  /** Reads terms and postings in sequence. */
  static final class Cursor implements Closeable {
    final BytesRef term = new BytesRef();

    /** The place of the part among all. */
    final int number;

    private final int firstDocument;
    private final IndexInput input;
    private final byte[] block = new byte[BLOCK * MOST_BYTES];
    private int left;

    /** Documents, of this term. */
    private int df;

    Cursor(SpilledPart part, int number, int firstDocument) throws IOException {
      this.number = number;
      this.firstDocument = firstDocument;
      input = part.directory.openInput(part.terms, IOContext.DEFAULT);
      left = part.count;
    }

    /** Goes to the next term; the postings of the one before were read. */
    boolean next() throws IOException {
      if (left-- == 0) {
        return false;
      }
      readText(input, term);
      df = input.readVInt();
      return true;
    }

    int df() {
      return df;
    }

    /** Writes the term's postings into an array that has room for them. */
    void read(long[] postings, int start) throws IOException {
      long document = firstDocument - 1L;
      for (int at = start, end = start + df; at < end; ) {
        input.readBytes(block, 0, input.readVInt());
        int place = 0;
        for (int blockEnd = Math.min(end, at + BLOCK); at < blockEnd; at++) {
          int step = block[place++];
          if (step < 0) {
            step &= 127;
            for (int shift = 7, more = -1; more < 0; shift += 7) {
              more = block[place++];
              step |= (more & 127) << shift;
            }
          }
          int impact = block[place++];
          if (impact < 0) {
            impact &= 127;
            for (int shift = 7, more = -1; more < 0; shift += 7) {
              more = block[place++];
              impact |= (more & 127) << shift;
            }
          }
          document += step;
          postings[at] = document << 32 | impact;
        }
      }
    }

    @Override
    public void close() throws IOException {
      input.close();
    }
  }
}
