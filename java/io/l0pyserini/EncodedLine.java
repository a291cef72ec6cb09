package io.l0pyserini;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.lucene.util.BytesRef;

/**
 * Reads one line of an encoded collection: {@code {"id", "contents", "vector": {token: impact}}}.
 *
 * <p>Tokens stay the bytes they are in the line, so that they reach Lucene without becoming
 * characters; only a string with a backslash is copied. Used again for each line.
 */
final class EncodedLine {
  private byte[] bytes;
  private int at;
  private int end;

  private final BytesRef text = new BytesRef();
  private BytesRef[] tokens = new BytesRef[0];
  private int[] impacts = new int[0];
  private int size;
  private String docid;
  private String contents;

  /** Says what is wrong with a line. */
  static final class Fault extends Exception {
    private static final long serialVersionUID = 1L;

    Fault(String message) {
      super(message, null, false, false);
    }
  }

  String docid() {
    return docid;
  }

  /** The text; null where it was not asked for or is absent. */
  String contents() {
    return contents;
  }

  int size() {
    return size;
  }

  BytesRef token(int place) {
    return tokens[place];
  }

  int impact(int place) {
    return impacts[place];
  }

  /** Reads bytes from start up to stop, the text only where it is wanted; a blank line is empty. */
  void read(byte[] line, int start, int stop, boolean withText) throws Fault {
    bytes = line;
    at = start;
    end = stop;
    docid = contents = null;
    size = 0;
    if (peek() == 0) {
      return;
    }
    expect('{');
    for (boolean more = peek() != '}'; more; more = more('}')) {
      string();
      String key = named();
      expect(':');
      if (key.equals("id")) {
        string();
        docid = text.utf8ToString();
      } else if (key.equals("vector")) {
        vector();
      } else if (key.equals("contents") && withText && peek() == '"') {
        string();
        contents = text.utf8ToString();
      } else {
        skip();
      }
    }
    expect('}');
    if (docid == null || docid.isEmpty()) {
      throw new Fault("no \"id\"");
    }
    if (peek() != 0) {
      throw new Fault("something follows the object");
    }
  }

  private String named() {
    // The usual keys are short; comparing them as strings costs nothing beside the vector.
    return new String(text.bytes, text.offset, text.length, StandardCharsets.UTF_8);
  }

  private void vector() throws Fault {
    expect('{');
    for (boolean more = peek() != '}'; more; more = more('}')) {
      string();
      if (size == impacts.length) {
        grow();
      }
      BytesRef token = tokens[size];
      token.bytes = text.bytes;
      token.offset = text.offset;
      token.length = text.length;
      expect(':');
      impacts[size++] = impact();
    }
    expect('}');
  }

  private void grow() {
    int before = impacts.length;
    impacts = Arrays.copyOf(impacts, Math.max(512, 2 * before));
    tokens = Arrays.copyOf(tokens, impacts.length);
    for (int i = before; i < tokens.length; i++) {
      tokens[i] = new BytesRef();
    }
  }

  private int impact() throws Fault {
    int start = space();
    long value = 0;
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9' && value <= Integer.MAX_VALUE) {
      value = 10 * value + bytes[at++] - '0';
    }
    boolean ended = at < end && (bytes[at] == ',' || bytes[at] == '}' || bytes[at] <= ' ');
    if (value < 1 || value > Integer.MAX_VALUE || !ended) {
      String seen = new String(bytes, start, Math.min(20, end - start), StandardCharsets.UTF_8);
      throw new Fault("impact " + seen.split("[,}]", 2)[0] + " is no integer above 0");
    }
    return (int) value;
  }

  /** Reads a string into text. */
  private void string() throws Fault {
    expect('"');
    int start = at;
    while (at < end && bytes[at] != '"' && bytes[at] != '\\') {
      at++;
    }
    if (at < end && bytes[at] == '"') {
      text.bytes = bytes;
      text.offset = start;
      text.length = at++ - start;
      return;
    }
    StringBuilder unescaped = new StringBuilder();
    while (at < end && bytes[at] != '"') {
      if (bytes[at] == '\\') {
        unescaped.append(new String(bytes, start, at - start, StandardCharsets.UTF_8));
        unescaped.append(escape());
        start = at;
      } else {
        at++;
      }
    }
    unescaped.append(new String(bytes, start, at - start, StandardCharsets.UTF_8));
    expect('"');
    text.bytes = unescaped.toString().getBytes(StandardCharsets.UTF_8);
    text.offset = 0;
    text.length = text.bytes.length;
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
    while (at < end && bytes[at] != '"') {
      at += bytes[at] == '\\' ? 2 : 1;
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
