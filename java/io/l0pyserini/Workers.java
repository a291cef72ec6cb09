package io.l0pyserini;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Threads that take items from one queue; each begins with nothing and returns what it made of its
 * items.
 */
final class Workers<T, R> {
  private static final long LOOK_SECONDS = 1;

  private final BlockingQueue<Object> queue;
  private final List<Future<R>> workers = new ArrayList<>();

  /** Says that no more items come. */
  private final Object end = new Object();

  /** Where a worker's items come from. */
  interface Items<T> {
    /** Waits for an item; null says that no more come. */
    T take() throws InterruptedException;
  }

  interface Work<T, R> {
    R of(Items<T> items) throws Exception;
  }

  /**
   * Starts threads.
   *
   * @param waiting items that may wait in the queue
   */
  Workers(ExecutorService executor, int threads, int waiting, Work<T, R> work) {
    queue = new ArrayBlockingQueue<>(waiting);
    Callable<R> task = () -> work.of(this::take);
    for (int i = 0; i < threads; i++) {
      workers.add(executor.submit(task));
    }
  }

  /** Waits for room in the queue, unless a worker has failed: then its error is thrown. */
  void put(T item) throws Exception {
    offer(item);
  }

  /** Waits for the workers; returns what they made. */
  List<R> finish() throws Exception {
    for (int i = 0; i < workers.size(); i++) {
      offer(end);
    }
    List<R> made = new ArrayList<>();
    for (Future<R> worker : workers) {
      made.add(result(worker));
    }
    return made;
  }

  @SuppressWarnings("unchecked")
  private T take() throws InterruptedException {
    Object item = queue.take();
    return item == end ? null : (T) item;
  }

  private void offer(Object item) throws Exception {
    while (!queue.offer(item, LOOK_SECONDS, TimeUnit.SECONDS)) {
      for (Future<R> worker : workers) {
        if (worker.isDone()) {
          result(worker);
        }
      }
    }
  }

  private static <R> R result(Future<R> worker) throws Exception {
    try {
      return worker.get();
    } catch (ExecutionException fault) {
      throw Parallel.cause(fault);
    }
  }
}
