// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Synchronization

/// How many interruptions were taken.
package let interruptionCount = Atomic(0)

/// Lets SIGUSR1 end what it interrupts on the calling thread: without SA_RESTART (signal(7)), and
/// not blocked, as it is on threads of the concurrency pool and on those that they make.
package func takeInterruptions() {
  // Made before the handler needs it.
  require(interruptionCount.load(ordering: .relaxed) >= 0)
  var action = sigaction()
  unsafe action.__sigaction_handler.sa_handler = { _ in
    interruptionCount.add(1, ordering: .relaxed)
  }
  require(unsafe sigaction(SIGUSR1, &action, nil) == 0)
  var signals = sigset_t()
  unsafe sigemptyset(&signals)
  unsafe sigaddset(&signals, SIGUSR1)
  require(unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil) == 0)
}
