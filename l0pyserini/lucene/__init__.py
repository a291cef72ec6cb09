"""Java and Lucene: finding a runtime, starting the JVM, running Java programs."""

from l0pyserini.lucene.java import JavaRuntime, find_java
from l0pyserini.lucene.jvm import fatjar, java_class, java_path, run_java, start_jvm

__all__ = ["JavaRuntime", "fatjar", "find_java", "java_class", "java_path", "run_java", "start_jvm"]
