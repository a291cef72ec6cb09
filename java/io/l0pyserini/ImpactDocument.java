package io.l0pyserini;

import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.util.BytesRef;

/** Turns encoded lines into Lucene documents with Anserini's fields. Used again for each line. */
final class ImpactDocument {
  static final String ID = "id";
  static final String CONTENTS = "contents";

  private final boolean storeText;
  private final EncodedLine line = new EncodedLine();
  private final Document document = new Document();
  private final StringField id = new StringField(ID, "", Field.Store.YES);
  private final BinaryDocValuesField idValue = new BinaryDocValuesField(ID, new BytesRef());
  private final StoredField text = new StoredField(CONTENTS, "");

  ImpactDocument(boolean storeText) {
    this.storeText = storeText;
    FieldType type = new FieldType();
    type.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
    type.freeze();
    document.add(id);
    document.add(idValue);
    document.add(new Field(CONTENTS, new ImpactTokenStream(line), type));
    if (storeText) {
      document.add(text);
    }
  }

  /** Returns the document of a line; null for a vector without any token, which Lucene lacks. */
  Document read(byte[] bytes, int start, int end) throws EncodedLine.Fault {
    line.read(bytes, start, end, storeText);
    if (line.size() == 0) {
      return null;
    }
    id.setStringValue(line.docid());
    idValue.setBytesValue(new BytesRef(line.docid()));
    text.setStringValue(line.contents() == null ? "" : line.contents());
    return document;
  }

  String docid() {
    return line.docid();
  }
}
