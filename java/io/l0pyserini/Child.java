package io.l0pyserini;

import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;

/**
 * Runs another main class for as long as the process that started it lives: its standard input ends
 * with that process, however it ends, and nothing else is ever written there. So nobody writes to an
 * output whose owner is dead. The arguments are the class and its own.
 */
public final class Child {
  /** As the shell says of a process that was killed. */
  private static final int KILLED = 137;

  private Child() {}

  public static void main(String[] args) throws Throwable {
    Thread watch = new Thread(Child::endWithParent, "parent-watch");
    watch.setDaemon(true);
    watch.start();
    try {
      Class.forName(args[0])
          .getMethod("main", String[].class)
          .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // Nobody writes here.
      }
    } catch (java.io.IOException e) {
      // A pipe that cannot be read has no other end either.
    }
    Runtime.getRuntime().halt(KILLED);
  }
}
