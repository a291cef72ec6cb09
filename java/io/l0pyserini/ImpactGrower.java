package io.l0pyserini;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.index.TieredMergePolicy;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.IOUtils;

/**
 * Changes an index: appends, deletes, adds other indexes; all of it in one Lucene commit.
 *
 * <p>The commit has two steps, so that the files beside the segments can be written for it in
 * between: {@link #prepare} names it, {@link #commit} makes it. Closing without a commit leaves the
 * index as it was.
 */
public final class ImpactGrower implements Closeable {
  private static final String PENDING = "pending_";

  private final FSDirectory directory;
  private final IndexWriter writer;

  /** Opens an index, or begins one. Fails where another process writes it. */
  public ImpactGrower(String folder) throws IOException {
    directory = FSDirectory.open(Path.of(folder));
    try {
      IndexWriterConfig config = ImpactIndexer.config();
      // Merges happen when they are asked for, never behind a commit that was prepared.
      config.setMergeScheduler(new SerialMergeScheduler());
      config.setMergePolicy(new TieredMergePolicy().setForceMergeDeletesPctAllowed(0));
      writer = new IndexWriter(directory, config);
    } catch (IOException fault) {
      IOUtils.closeWhileHandlingException(directory);
      throw fault;
    }
  }

  /** Appends the documents of an encoded file; fails at a docid that the index held before. */
  public void append(String file, int threads, boolean storeText) throws Exception {
    try (DirectoryReader before = DirectoryReader.open(directory)) {
      // Standard output belongs to the command that this process runs.
      new ImpactIndexer(writer, storeText, true, before, threads, count -> {})
          .add(List.of(file));
    }
  }

  /** Deletes documents and all that is left of them; returns the docids that were not there. */
  public String[] delete(String[] docids) throws IOException {
    List<String> absent = new ArrayList<>();
    List<Term> present = new ArrayList<>();
    try (DirectoryReader before = DirectoryReader.open(directory)) {
      for (String docid : docids) {
        Term term = new Term(ImpactDocument.ID, docid);
        if (before.docFreq(term) > 0) {
          present.add(term);
        } else {
          absent.add(docid);
        }
      }
    }
    writer.deleteDocuments(present.toArray(Term[]::new));
    // A document that is only marked as deleted would still count in the statistics of its tokens.
    writer.forceMergeDeletes();
    return absent.toArray(String[]::new);
  }

  /** Adds the documents of other indexes; fails at a docid that two of them hold. */
  public void merge(String[] folders) throws IOException {
    Directory[] others = new Directory[folders.length];
    DirectoryReader[] readers = new DirectoryReader[folders.length];
    try {
      for (int i = 0; i < folders.length; i++) {
        others[i] = FSDirectory.open(Path.of(folders[i]));
        readers[i] = DirectoryReader.open(others[i]);
        for (int j = 0; j < i; j++) {
          refuseCommon(readers[i], readers[j], folders[i], folders[j]);
        }
      }
      writer.addIndexes(others);
    } finally {
      IOUtils.close(readers);
      IOUtils.close(others);
    }
  }

  /** Merges all into one segment. */
  public void optimize() throws IOException {
    writer.forceMerge(1);
  }

  /** Returns a reader of the index as the commit will leave it. */
  public DirectoryReader reader() throws IOException {
    writer.flush();
    writer.maybeMerge();
    return DirectoryReader.open(writer);
  }

  /** Writes all but the last step of a commit; returns the name that it will have. */
  public String prepare() throws IOException {
    writer.prepareCommit();
    for (String file : directory.listAll()) {
      if (file.startsWith(PENDING)) {
        return file.substring(PENDING.length());
      }
    }
    throw new IOException(directory + ": no pending commit is there");
  }

  /** Makes the prepared commit the index. */
  public void commit() throws IOException {
    writer.commit();
  }

  @Override
  public void close() throws IOException {
    IOUtils.close(writer, directory);
  }

  private static void refuseCommon(
      DirectoryReader added, DirectoryReader held, String addedName, String heldName)
      throws IOException {
    for (LeafReaderContext leaf : added.leaves()) {
      Terms terms = leaf.reader().terms(ImpactDocument.ID);
      TermsEnum docids = terms == null ? TermsEnum.EMPTY : terms.iterator();
      for (BytesRef docid = docids.next(); docid != null; docid = docids.next()) {
        if (held.docFreq(new Term(ImpactDocument.ID, docid)) > 0) {
          throw new IOException(
              "docid '" + docid.utf8ToString() + "' is in " + heldName + " and in " + addedName);
        }
      }
    }
  }
}
