package io.l0pyserini;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.lucene.util.BytesRef;

/**
 * Reads one line of an encoded collection: {@code {"id", "contents", "vector": {token: impact}}}.
 *
 * <p>Strings stay the bytes they are in the line, so that they reach Lucene without becoming
 * characters; one with a backslash is unescaped in its place. Used again for each line.
 */
final class EncodedLine {
  private static final byte[] ID = "id".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] VECTOR = "vector".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CONTENTS = "contents".getBytes(StandardCharsets.US_ASCII);

  private byte[] bytes;
  private int at;
  private int end;

  /** The string that was read last. */
  private int start;

  private int length;

  private final BytesRef docid = new BytesRef();
  private final BytesRef contents = new BytesRef();
  private final BytesRef token = new BytesRef();
  private boolean hasDocid;
  private int[] starts = new int[0];
  private int[] lengths = new int[0];
  
  /** Of each token the first and the second eight bytes, in turn. */
  private long[] words = new long[0];

  private int[] impacts = new int[0];
  private int size;

  /** Says what is wrong with a line. */
  static final class Fault extends Exception {
    private static final long serialVersionUID = 1L;

    Fault(String message) {
      super(message, null, false, false);
    }
  }

  /** The docid; null where none was read. */
  String docid() {
    return hasDocid ? docid.utf8ToString() : null;
  }

  /** The docid; the bytes are only lent, as are those of the others. */
  BytesRef docidBytes() {
    return docid;
  }

  /** The text; empty where it was not asked for or is absent. */
  BytesRef contents() {
    return contents;
  }

  int size() {
    return size;
  }

  BytesRef token(int place) {
    token.bytes = bytes;
    token.offset = starts[place];
    token.length = lengths[place];
    return token;
  }

  /** Returns a token's number in a table. */
  int number(int place, TermTable table) {
    int word = 2 * place;
    return table.add(bytes, starts[place], lengths[place], words[word], words[word + 1]);
  }

  int impact(int place) {
    return impacts[place];
  }

  /** Reads bytes from start up to stop, the text only where it is wanted; a blank line is empty. */
  void read(byte[] line, int from, int stop, boolean withText) throws Fault {
    bytes = line;
    at = from;
    end = stop;
    hasDocid = false;
    contents.length = 0;
    size = 0;
    if (peek() == 0) {
      return;
    }
    expect('{');
    for (boolean more = peek() != '}'; more; more = more('}')) {
      string();
      int key = start;
      int keyLength = length;
      expect(':');
      if (is(ID, key, keyLength)) {
        string();
        lend(docid);
        hasDocid = length > 0;
      } else if (is(VECTOR, key, keyLength)) {
        vector();
      } else if (withText && is(CONTENTS, key, keyLength) && peek() == '"') {
        string();
        lend(contents);
      } else {
        skip();
      }
    }
    expect('}');
    if (!hasDocid) {
      throw new Fault("no \"id\"");
    }
    if (peek() != 0) {
      throw new Fault("something follows the object");
    }
  }

  private boolean is(byte[] name, int from, int size) {
    return Arrays.equals(name, 0, name.length, bytes, from, from + size);
  }

  private void lend(BytesRef text) {
    text.bytes = bytes;
    text.offset = start;
    text.length = length;
  }

  private void vector() throws Fault {
    expect('{');
    for (boolean more = peek() != '}'; more; more = more('}')) {
      if (size == impacts.length) {
        grow();
      }
      if (!usual()) {
        string();
        starts[size] = start;
        lengths[size] = length;
        words[2 * size] = Words.first(bytes, start, length);
        words[2 * size + 1] = Words.second(bytes, start, length);
        expect(':');
        impacts[size++] = impact();
      }
    }
    expect('}');
  }

  /**
   * Reads a token of less than 16 bytes, its impact of less than 8 digits and, with no space
   * between, up to the comma; returns false, and reads nothing, where something else is there.
   */
  private boolean usual() {
    byte[] line = bytes;
    int from = at + 1;
    if (from + 4 * Words.SIZE > line.length || line[at] != '"') {
      return false;
    }
    long first = Words.at(line, from);
    long second = 0;
    int length = Words.find(first, '"');
    int escape = Words.find(first, '\\');
    if (length < Words.SIZE) {
      first = Words.cut(first, length);
    } else {
      second = Words.at(line, from + Words.SIZE);
      int more = Words.find(second, '"');
      if (escape == Words.SIZE) {
        escape += Words.find(second, '\\');
      }
      length += more;
      second = Words.cut(second, more);
    }
    int digits = from + length + 2;
    if (length == 2 * Words.SIZE || escape < length || line[digits - 1] != ':') {
      return false;
    }
    long number = Words.at(line, digits);
    int count = Words.digits(number);
    int after = digits + count;
    if (count == 0 || count == Words.SIZE || line[after] != ',' && line[after] != '}') {
      return false;
    }
    int impact = Words.number(number, count);
    if (impact == 0 || after >= end) {
      return false;
    }
    starts[size] = from;
    lengths[size] = length;
    words[2 * size] = first;
    words[2 * size + 1] = second;
    impacts[size++] = impact;
    at = after;
    return true;
  }

  private void grow() {
    int more = Math.max(512, 2 * size);
    starts = Arrays.copyOf(starts, more);
    lengths = Arrays.copyOf(lengths, more);
    words = Arrays.copyOf(words, 2 * more);
    impacts = Arrays.copyOf(impacts, more);
  }

  private int impact() throws Fault {
    int first = space();
    long value = 0;
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9' && value <= Integer.MAX_VALUE) {
      value = 10 * value + bytes[at++] - '0';
    }
    boolean ended = at < end && (bytes[at] == ',' || bytes[at] == '}' || bytes[at] <= ' ');
    if (value < 1 || value > Integer.MAX_VALUE || !ended) {
      String seen = new String(bytes, first, Math.min(20, end - first), StandardCharsets.UTF_8);
      throw new Fault("impact " + seen.split("[,}]", 2)[0] + " is no integer above 0");
    }
    return (int) value;
  }

  /** Reads a string. */
  private void string() throws Fault {
    expect('"');
    start = at;
    at = endOfString();
    length = at - start;
    if (at == end || bytes[at] == '\\') {
      unescape();
    } else {
      at++;
    }
  }

  /** Returns where the next quote or backslash is. */
  private int endOfString() {
    int place = at;
    for (; place + Words.SIZE <= end; place += Words.SIZE) {
      long word = Words.at(bytes, place);
      int found = Math.min(Words.find(word, '"'), Words.find(word, '\\'));
      if (found < Words.SIZE) {
        return place + found;
      }
    }
    while (place < end && bytes[place] != '"' && bytes[place] != '\\') {
      place++;
    }
    return place;
  }

  /** Reads the rest of a string with a backslash, and writes it without any in its place. */
  private void unescape() throws Fault {
    StringBuilder text = new StringBuilder();
    int from = start;
    while (at < end && bytes[at] != '"') {
      if (bytes[at] == '\\') {
        text.append(new String(bytes, from, at - from, StandardCharsets.UTF_8));
        text.append(escape());
        from = at;
      } else {
        at++;
      }
    }
    text.append(new String(bytes, from, at - from, StandardCharsets.UTF_8));
    expect('"');
    byte[] unescaped = text.toString().getBytes(StandardCharsets.UTF_8);
    if (unescaped.length > at - start) {
      throw new Fault("a string that is no UTF-8");
    }
    System.arraycopy(unescaped, 0, bytes, start, unescaped.length);
    length = unescaped.length;
  }

  private char escape() throws Fault {
    int kind = at + 1 < end ? bytes[at + 1] : 0;
    at += 2;
    int known = "\"\\/bfnrt".indexOf(kind);
    if (known >= 0) {
      return "\"\\/\b\f\n\r\t".charAt(known);
    }
    if (kind != 'u' || at + 4 > end) {
      throw new Fault("a broken escape in a string");
    }
    int code = 0;
    for (int i = 0; i < 4; i++) {
      int digit = Character.digit(bytes[at++], 16);
      if (digit < 0) {
        throw new Fault("a broken escape in a string");
      }
      code = code << 4 | digit;
    }
    return (char) code;
  }

  /** Passes over a value of no use here. */
  private void skip() throws Fault {
    int depth = 0;
    do {
      int first = peek();
      if (first == '"') {
        passString();
      } else if (first == 0) {
        throw new Fault("the line ends within a value");
      } else {
        depth += first == '{' || first == '[' ? 1 : first == '}' || first == ']' ? -1 : 0;
        at++;
      }
    } while (depth > 0 || at < end && bytes[at] != ',' && bytes[at] != '}');
  }

  private void passString() {
    at++;
    for (at = endOfString(); at < end && bytes[at] != '"'; at = endOfString()) {
      at = Math.min(at + 2, end);
    }
    at++;
  }

  private boolean more(char close) throws Fault {
    int next = peek();
    if (next == ',') {
      at++;
      return true;
    }
    if (next != close) {
      throw new Fault("expected ',' or '" + close + "'");
    }
    return false;
  }

  private void expect(char wanted) throws Fault {
    if (peek() != wanted) {
      throw new Fault("expected '" + wanted + "'");
    }
    at++;
  }

  /** Returns the next byte that is no white space; 0 at the end. */
  private int peek() {
    return space() < end ? bytes[at] : 0;
  }

  private int space() {
    while (at < end && bytes[at] <= ' ' && bytes[at] >= 0) {
      at++;
    }
    return at;
  }
}
