package io.l0pyserini;

import java.util.Map;
import org.apache.lucene.index.DocValuesSkipIndexType;
import org.apache.lucene.index.DocValuesType;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FieldInfos;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.VectorEncoding;
import org.apache.lucene.index.VectorSimilarityFunction;

/** The fields of our documents, which are those of Anserini's. */
final class ImpactDocument {
  /** The docid: a term, a doc value and stored. */
  static final String ID = "id";

  /** The impacts as term frequencies; the text, where it is stored. */
  static final String CONTENTS = "contents";

  static final FieldInfo ID_INFO =
      field(ID, 0, true, IndexOptions.DOCS, DocValuesType.BINARY);
  static final FieldInfo CONTENTS_INFO =
      field(CONTENTS, 1, false, IndexOptions.DOCS_AND_FREQS, DocValuesType.NONE);

  private ImpactDocument() {}

  static FieldInfos fields() {
    return new FieldInfos(new FieldInfo[] {ID_INFO, CONTENTS_INFO});
  }

  private static FieldInfo field(
      String name, int number, boolean omitNorms, IndexOptions indexed, DocValuesType values) {
    return new FieldInfo(
        name,
        number,
        false,
        omitNorms,
        false,
        indexed,
        values,
        DocValuesSkipIndexType.NONE,
        -1,
        Map.of(),
        0,
        0,
        0,
        0,
        VectorEncoding.FLOAT32,
        VectorSimilarityFunction.EUCLIDEAN,
        false,
        false);
  }
}
