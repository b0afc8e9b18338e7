// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation

/// The signal by which a process is asked to end.
struct Termination {
  private let source: any DispatchSourceSignal
  private let signals: AsyncStream<Void>

  /// Has the signal end a wait from now on, instead of the process.
  init() {
    signal(SIGTERM, SIG_IGN)
    let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
    source = DispatchSource.makeSignalSource(signal: SIGTERM)
    source.setEventHandler { continuation.finish() }
    source.resume()
    self.signals = signals
  }

  /// Waits for the signal.
  func wait() async {
    for await _ in signals {}
  }
}
