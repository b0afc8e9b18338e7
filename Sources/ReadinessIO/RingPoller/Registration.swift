// SPDX-License-Identifier: Apache-2.0

/// The knowledge of a ``RingPoller`` about one descriptor.
///
/// Its place in the table is the descriptor.
struct Registration {
  /// The owner's word for it.
  var token: UInt64 = 0
  /// Counts the polls that this place has had; a completion of an older one is stale.
  var generation: UInt32 = 0
  var interest: Interest = []
  /// The number of the socket's inode; 0 for what is no socket.
  var socket: UInt32 = 0
  var mode: PollMode = .level
  var state: State = []

  struct State: OptionSet {
    var rawValue: UInt8

    /// The owner wants events.
    ///
    /// Everything but the last two is false without it.
    static let registered = Self(rawValue: 1 << 0)
    /// A poll is with the kernel and will complete.
    static let armed = Self(rawValue: 1 << 1)
    /// A poll is to be handed to the kernel by the next wait.
    static let awaitsArming = Self(rawValue: 1 << 2)
    /// May be ready: to be looked at by the next wait.
    static let candidate = Self(rawValue: 1 << 3)
    /// A poll completed though nothing that was asked for is ready.
    static let falselyAlarmed = Self(rawValue: 1 << 4)
    /// Has an entry in the list of polls to arm, which may be out of date.
    static let listed = Self(rawValue: 1 << 5)
    /// Has an entry in the queue of candidates, which may be out of date.
    static let queued = Self(rawValue: 1 << 6)

    /// Facts that outlive the registration: about list and queue.
    static let positions: Self = [.listed, .queued]
  }

  /// Whether the poll completes at every arrival, or once.
  var wantsMultishot: Bool {
    switch mode {
    case .edge, .level: true
    // The kernel adds POLLRDHUP to every mask (io_init_poll_iocb), so that a single poll of a
    // half-closed socket completes at once, again and again. A multishot one completes only when
    // something changes.
    case .oneshot: state.contains(.falselyAlarmed)
    }
  }

  /// Starts or changes what the owner wants.
  mutating func set(token: UInt64, interest: Interest, mode: PollMode, socket: UInt32) {
    self.token = token
    self.interest = interest.intersection(.all)
    self.mode = mode
    self.socket = socket
    state.formIntersection(.positions)
    state.insert(.registered)
  }

  /// Forgets what the owner wanted.
  mutating func clear() {
    socket = 0
    state.formIntersection(.positions)
  }
}
