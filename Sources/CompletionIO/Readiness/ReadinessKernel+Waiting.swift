// SPDX-License-Identifier: Apache-2.0

internal import ReadinessIO
internal import SystemPackage
internal import Uring

// Requests in line for their descriptors, and the events that let them go on.
extension ReadinessKernel where Calls: ~Copyable {
  /// Puts a request in line.
  ///
  /// - Parameters:
  ///   - request: Has been tried, unless there is nothing to read.
  ///   - goesOn: Whether it could go on at once.
  mutating func wait(_ request: WaitingRequest, goesOn: Bool) {
    let descriptor = request.request.descriptor.rawValue
    let refusal = watch(descriptor)
    guard refusal == 0 else {
      let done = Int32(bitPattern: request.doneByteCount)
      return finish(request, done > 0 ? done : refusal)
    }
    let place = waiting.insert(request)
    append(place, to: request.side, of: descriptor)
    watches[Int(descriptor)].waiterCount += 1
    if goesOn {
      note(unfinished: descriptor)
    } else if request.side == .reading {
      watches[Int(descriptor)].facts.insert(.isEmpty)
    }
  }

  /// Has a descriptor's events told, where they are not.
  ///
  /// Between the try and this call it may have become ready; being watched anew tells that.
  private mutating func watch(_ descriptor: Int32) -> Int32 {
    guard descriptor >= 0 else { return -Errno.badFileDescriptor.rawValue }
    while watches.count <= Int(descriptor) { watches.append(Watch()) }
    guard !watches[Int(descriptor)].facts.contains(.isWatched) else { return 0 }
    let again = watches[Int(descriptor)].facts.contains(.wasWatched)
    let result = calls.watch(descriptor, again: again)
    if result == 0 { watches[Int(descriptor)].facts = [.wasWatched, .isWatched] }
    return result
  }

  mutating func note(unfinished descriptor: Int32) {
    guard watches[Int(descriptor)].facts.insert(.goesOn).inserted else { return }
    unfinished.append(descriptor)
  }

  // MARK: Going on

  /// Goes on with requests that have had their turn and could do more.
  mutating func goOnWithUnfinished() {
    guard !unfinished.isEmpty, !isFull() else { return }
    var descriptors: [Int32] = []
    swap(&descriptors, &unfinished)
    for descriptor in descriptors {
      watches[Int(descriptor)].facts.remove(.goesOn)
      runWatchers(of: descriptor)
      run(.reading, of: descriptor)
      run(.writing, of: descriptor)
    }
  }

  mutating func handle(_ event: ReadinessEvent) {
    let descriptor = Int32(truncatingIfNeeded: event.token)
    guard watches.indices.contains(Int(descriptor)), watches[Int(descriptor)].waiterCount > 0
    else { return }
    // Polls look before others take away what they are to see.
    runWatchers(of: descriptor)
    let readiness = event.readiness
    if !readiness.isDisjoint(with: .endsReads) {
      watches[Int(descriptor)].facts.remove(.isEmpty)
      if !readiness.isDisjoint(with: .unusual) {
        watches[Int(descriptor)].facts.insert(.isUnusual)
      }
      run(.reading, of: descriptor)
    }
    if !readiness.isDisjoint(with: .endsWrites) { run(.writing, of: descriptor) }
  }

  /// Tries the requests of one side in order, until one has to wait.
  private mutating func run(_ side: Side, of descriptor: Int32) {
    while true {
      let place = watches[Int(descriptor)][side].first
      guard place >= 0 else { return }
      var request = waiting[place]
      let progress = progress(of: &request)
      waiting[place] = request
      switch progress {
      case .done(let result, let flags):
        remove(place)
        finish(request, result, flags)
      case .wait:
        if side == .reading { watches[Int(descriptor)].facts.insert(.isEmpty) }
        return
      case .goOn:
        return note(unfinished: descriptor)
      }
    }
  }

  /// Tries the polls of a descriptor, each of which may wait for something else.
  private mutating func runWatchers(of descriptor: Int32) {
    var place = watches[Int(descriptor)][.any].first
    while place >= 0 {
      var request = waiting[place]
      let next = request.next
      if case .done(let result, let flags) = progress(of: &request) {
        remove(place)
        finish(request, result, flags)
      }
      place = next
    }
  }

  // MARK: Lines

  private mutating func append(_ place: Int32, to side: Side, of descriptor: Int32) {
    var line = watches[Int(descriptor)][side]
    waiting[place].previous = line.last
    if line.last >= 0 { waiting[line.last].next = place } else { line.first = place }
    line.last = place
    watches[Int(descriptor)][side] = line
  }

  /// Takes a request out of its line and forgets it.
  mutating func remove(_ place: Int32) {
    let request = waiting[place]
    let descriptor = request.request.descriptor.rawValue
    var line = watches[Int(descriptor)][request.side]
    if request.previous >= 0 {
      waiting[request.previous].next = request.next
    } else {
      line.first = request.next
    }
    if request.next >= 0 {
      waiting[request.next].previous = request.previous
    } else {
      line.last = request.previous
    }
    watches[Int(descriptor)][request.side] = line
    waiting.remove(place)
    watches[Int(descriptor)].waiterCount -= 1
    if watches[Int(descriptor)].waiterCount == 0 { nobodyWaits(for: descriptor) }
  }

  /// What is known of a descriptor holds no longer than somebody waits for it.
  private mutating func nobodyWaits(for descriptor: Int32) {
    let facts = watches[Int(descriptor)].facts
    watches[Int(descriptor)].facts = facts.intersection([.wasWatched, .goesOn])
    guard facts.contains(.isDuplicate) else { return }
    calls.unwatch(descriptor)
    _ = calls.attempt(.close(.file(FileDescriptor(rawValue: descriptor))))
  }

  // MARK: Closing

  /// Moves the requests that wait for a descriptor to another of the same file, or ends them where
  /// there is none.
  mutating func keepOpen(_ descriptor: Int32) {
    let duplicate = calls.duplicate(descriptor)
    let isWatched = duplicate >= 0 && watch(duplicate) == 0
    calls.unwatch(descriptor)
    for side in [Side.reading, .writing, .any] {
      while case let place = watches[Int(descriptor)][side].first, place >= 0 {
        var request = waiting[place]
        remove(place)
        guard isWatched else {
          finish(request, request.cancelledResult)
          continue
        }
        request.request.descriptor = .file(FileDescriptor(rawValue: duplicate))
        (request.next, request.previous) = (-1, -1)
        append(waiting.insert(request), to: side, of: duplicate)
        watches[Int(duplicate)].waiterCount += 1
      }
    }
    if isWatched {
      watches[Int(duplicate)].facts.insert(.isDuplicate)
    } else if duplicate >= 0 {
      _ = calls.attempt(.close(.file(FileDescriptor(rawValue: duplicate))))
    }
  }
}

extension Readiness {
  /// Urgent data is on its way or has come.
  ///
  /// `EPOLLPRI`.
  fileprivate static var urgent: Self { Self(rawValue: 0x2) }
  fileprivate static var unusual: Self { [.urgent, .error, .hangup, .peerClosed] }
  fileprivate static var endsReads: Self { [.readable, .urgent, .error, .hangup, .peerClosed] }
  fileprivate static var endsWrites: Self { [.writable, .error, .hangup] }
}
