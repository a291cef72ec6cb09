"""Reading all that an index holds, through Lucene."""

from l0pyserini.index.reader import FIELD, open_reader
from l0pyserini.lucene import java_class


def postings(folder):
    """Return {term: {docid: impact}} of an index."""
    reader = open_reader(folder)
    found = {}
    no_more = java_class("org.apache.lucene.search.DocIdSetIterator").NO_MORE_DOCS
    for leaf in reader.leaves().toArray():
        stored = leaf.reader().storedFields()
        ids = [stored.document(row).get("id") for row in range(leaf.reader().maxDoc())]
        terms = leaf.reader().terms(FIELD).iterator()
        while (term := terms.next()) is not None:
            documents = found.setdefault(term.utf8ToString(), {})
            posting = terms.postings(None)
            while (row := posting.nextDoc()) != no_more:
                documents[ids[row]] = posting.freq()
    reader.close()
    return found


def documents(folder):
    """Return (stored docid, docid of the doc values, stored text), in the index's order."""
    reader = open_reader(folder)
    found = []
    for leaf in reader.leaves().toArray():
        stored = leaf.reader().storedFields()
        values = leaf.reader().getBinaryDocValues("id")
        for row in range(leaf.reader().maxDoc()):
            values.advanceExact(row)
            document = stored.document(row)
            found.append(
                (document.get("id"), values.binaryValue().utf8ToString(), document.get(FIELD))
            )
    reader.close()
    return found


def docids(folder):
    """Return {docid: documents with it} as the terms of the docids' field tell."""
    reader = open_reader(folder)
    found = {}
    for leaf in reader.leaves().toArray():
        terms = leaf.reader().terms("id").iterator()
        while (term := terms.next()) is not None:
            name = term.utf8ToString()
            found[name] = found.get(name, 0) + terms.docFreq()
    reader.close()
    return found
