// SPDX-License-Identifier: Apache-2.0

/// What a ``ReadinessKernel`` knows of a descriptor, and who waits for it.
struct Watch {
  private var readers = RequestLine()
  private var writers = RequestLine()
  private var watchers = RequestLine()
  var waiterCount: Int32 = 0
  var facts: Facts = []

  /// Facts about a descriptor.
  ///
  /// All but `wasWatched` hold from when the first waits until the last does: whoever closes a
  /// descriptor for which nobody waits tells nobody, and its number may mean another file then.
  struct Facts: OptionSet {
    var rawValue: UInt8

    /// A file of this number has been watched.
    static let wasWatched = Self(rawValue: 1 << 0)
    /// Its events are told.
    static let isWatched = Self(rawValue: 1 << 1)
    /// There is nothing to read; an event will say when there is.
    static let isEmpty = Self(rawValue: 1 << 2)
    /// There is more than bytes: urgent data, an end, an error, behind which no event may come.
    static let isUnusual = Self(rawValue: 1 << 3)
    /// A receive that fills less than its memory has taken all there was.
    static let tellsEmpty = Self(rawValue: 1 << 4)
    /// Whether `tellsEmpty` has been asked.
    static let isKnown = Self(rawValue: 1 << 5)
    /// It is the kernel's own, for requests whose descriptor has been closed.
    static let isDuplicate = Self(rawValue: 1 << 6)
    /// It is noted as one with which the next enter goes on.
    static let goesOn = Self(rawValue: 1 << 7)
  }

  subscript(_ side: Side) -> RequestLine {
    get {
      switch side {
      case .reading: readers
      case .writing: writers
      case .any: watchers
      }
    }
    set {
      switch side {
      case .reading: readers = newValue
      case .writing: writers = newValue
      case .any: watchers = newValue
      }
    }
  }
}

/// Requests in line, linked through their places in the ``WaitingTable``.
struct RequestLine {
  var first: Int32 = -1
  var last: Int32 = -1
}
