// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization
internal import SystemPackage
internal import Uring

/// Installs the handlers of signals while somebody waits for them, and puts back what was before.
enum SignalHandlers {
  private struct State {
    var freeSlots = Array((0..<SignalTable.slotCount).reversed())
    /// Waits for each signal, and what the program did with it before the first.
    var installed: [Int32: (waitCount: Int, earlier: sigaction)] = [:]
  }

  private static let state = Mutex(State())

  /// One wait's claim, from its beginning to ``release()``.
  struct Claim: Sendable {
    let event: EventDescriptor
    let signals: [ProcessSignal]
    fileprivate let slot: Int

    /// The first of the signals that has come.
    var received: ProcessSignal? {
      let pending = SignalTable.pending(slot)
      return signals.first { $0.bit.map { pending & $0 != 0 } ?? false }
    }

    /// Takes the first of the signals that has come, so that it is told once.
    func takeReceived() -> ProcessSignal? {
      let taken = signals.first { signal in
        signal.bit.map { SignalTable.take($0, from: slot) != 0 } ?? false
      }
      // Another that waits may have slept through a reset.
      if taken != nil, received != nil { event.signal() }
      return taken
    }

    /// Ends the claim: what the program did with the signals before holds again.
    func release() {
      state.withLock { state in
        for signal in Set(signals) { SignalHandlers.uninstall(signal, &state) }
        SignalTable.empty(slot)
        state.freeSlots.append(slot)
      }
    }
  }

  /// Waits for a signal, at this moment.
  static func waitCount(for signal: ProcessSignal) -> Int {
    state.withLock { $0.installed[signal.rawValue]?.waitCount ?? 0 }
  }

  /// Has signals told to a wait.
  ///
  /// - Throws: ``LoopError`` for a signal that cannot be caught, and when there are as many waits or
  ///   descriptors as there may be.
  static func claim(_ signals: [ProcessSignal]) throws(LoopError) -> Claim {
    let bits = signals.compactMap(\.bit)
    guard bits.count == signals.count, !signals.isEmpty else {
      throw LoopError(.unsuitableSignal)
    }
    let event: EventDescriptor
    do throws(Errno) {
      event = try EventDescriptor(reads: .atOnce)
    } catch {
      throw LoopError(.tableFull)
    }
    let wanted = bits.reduce(0, |)
    let result: Result<Claim, LoopError> = state.withLock { state in
      SignalTable.prepare()
      guard let slot = state.freeSlots.popLast() else { return .failure(LoopError(.tableFull)) }
      SignalTable.fill(slot, wanted: wanted, descriptor: event.descriptor.rawValue)
      var installed: [ProcessSignal] = []
      for signal in Set(signals) {
        guard install(signal, &state) else {
          for signal in installed { uninstall(signal, &state) }
          SignalTable.empty(slot)
          state.freeSlots.append(slot)
          return .failure(LoopError(.unsuitableSignal))
        }
        installed.append(signal)
      }
      return .success(Claim(event: event, signals: signals, slot: slot))
    }
    return try result.get()
  }

  /// - Returns: Whether the kernel lets the signal be caught (sigaction(2): not SIGKILL, SIGSTOP).
  private static func install(_ signal: ProcessSignal, _ state: inout State) -> Bool {
    let number = signal.rawValue
    if state.installed[number] != nil {
      state.installed[number]?.waitCount += 1
      return true
    }
    var action = sigaction()
    var earlier = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { SignalTable.handle($0) }
    action.sa_flags = Int32(SA_RESTART)
    guard unsafe sigaction(number, &action, &earlier) == 0 else { return false }
    state.installed[number] = (1, earlier)
    return true
  }

  private static func uninstall(_ signal: ProcessSignal, _ state: inout State) {
    let number = signal.rawValue
    guard var entry = state.installed[number] else { return }
    entry.waitCount -= 1
    guard entry.waitCount == 0 else { return state.installed[number] = entry }
    state.installed[number] = nil
    unsafe sigaction(number, &entry.earlier, nil)
  }
}
