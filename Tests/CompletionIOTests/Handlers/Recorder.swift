// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Uring

@testable import CompletionIO

/// A delegate that notes what it is told, does something then, and notes its own end.
final class Recorder: SocketDelegate, @unchecked Sendable {
  // Unchecked: the note is locked, the rest never changes.

  /// What several recorders note, and how many of them are left.
  final class Note: Sendable {
    private let lines = Mutex<[String]>([])
    private let errors = Mutex<[SocketError?]>([])
    private let bytes = Mutex<[UInt8]>([])
    let made = Tally()
    let gone = Tally()

    var all: [String] { lines.withLock { $0 } }

    /// What each `ended` was told.
    var ends: [SocketError?] { errors.withLock { $0 } }

    var received: [UInt8] { bytes.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    func end(_ error: SocketError?) { errors.withLock { $0.append(error) } }

    func receive(_ lease: borrowing BufferLease) {
      bytes.withLock { $0.append(copying: lease.bytes) }
    }
  }

  private let note: Note
  private let acts: [String: @Sendable (SocketStream) -> Void]

  init(_ note: Note, acts: [String: @Sendable (SocketStream) -> Void] = [:]) {
    self.note = note
    self.acts = acts
    note.made.add()
    super.init()
  }

  deinit {
    note.gone.add()
  }

  private func did(_ what: String, _ stream: SocketStream) {
    note.add(what)
    acts[what]?(stream)
  }

  override func opened(_ stream: SocketStream) { did("opened", stream) }

  override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
    note.receive(lease)
    did("received", stream)
  }

  override func ended(_ error: SocketError?, on stream: SocketStream) {
    note.end(error)
    did("ended", stream)
    if acts["ended"] == nil { stream.close() }
  }

  override func sent(_ completion: SendCompletion, on stream: SocketStream) {
    // Not for what the act itself has sent, or there would be no end.
    let mayAct = completion.context == 1 && completion.error == nil
    if mayAct { did("sent", stream) } else { note.add("sent") }
  }

  override func drained(_ stream: SocketStream) { did("drained", stream) }

  override func draining(_ stream: SocketStream) { did("draining", stream) }

  override func closed(_ stream: SocketStream) { did("closed", stream) }
}
