// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A child that runs this same executable, with pipes to its standard input and output.
///
/// Its standard error is ours. Owned by one thread; `end` must be called on it.
final class ChildProcess {
  let pid: pid_t
  private let input: Int32
  private let output: Int32
  private var unread: [UInt8] = []
  /// Whether the child has closed its standard output, as it does when it ends.
  private(set) var isAtEnd = false

  /// Starts `program` (this executable unless told) with `arguments`, its standard error into
  /// nothing if told.
  ///
  /// It inherits the calling thread's CPU binding, not its blocked signals.
  /// - Throws: EAGAIN, EMFILE, ENOENT.
  init(
    _ arguments: [String], program: String = "/proc/self/exe", silencesErrors: Bool = false
  ) throws(SystemFailure) {
    let toChild = try Self.makePipe()
    let fromChild: (read: Int32, write: Int32)
    do { fromChild = try Self.makePipe() } catch {
      close(toChild.read)
      close(toChild.write)
      throw error
    }
    let standard = (input: toChild.read, output: fromChild.write)
    let started = Self.spawn(program, arguments, standard, silencesErrors)
    close(toChild.read)
    close(fromChild.write)
    if started.code != 0 {
      close(toChild.write)
      close(fromChild.read)
      throw SystemFailure("start \(program)", code: started.code)
    }
    pid = started.pid
    input = toChild.write
    output = fromChild.read
  }

  /// posix_spawnp(3) with the descriptors put in place and no signal blocked.
  private static func spawn(
    _ program: String, _ arguments: [String], _ standard: (input: Int32, output: Int32),
    _ silencesErrors: Bool
  ) -> (code: Int32, pid: pid_t) {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    var noSignals = sigset_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
      unsafe posix_spawn_file_actions_destroy(&actions)
      unsafe posix_spawnattr_destroy(&attributes)
    }
    unsafe posix_spawn_file_actions_adddup2(&actions, standard.input, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, standard.output, 1)
    if silencesErrors {
      unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    }
    unsafe sigemptyset(&noSignals)
    unsafe posix_spawnattr_setsigmask(&attributes, &noSignals)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var vector = unsafe ([program] + arguments).map { unsafe strdup($0) }
    unsafe vector.append(nil)
    defer { unsafe vector.forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let code = unsafe posix_spawnp(&pid, program, &actions, &attributes, vector, environ)
    return (code, pid)
  }

  /// Writes one line to the child; a child that has gone does not hear it (EPIPE; the caller
  /// must have SIGPIPE ignored).
  func write(line: String) {
    StandardLines.write(line + "\n", to: input)
  }

  /// The child's next line, without its newline; nil at its end or when `deadline` (monotonic,
  /// nanoseconds) passes first.
  func readLine(until deadline: UInt64) -> String? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: unread[..<end], as: UTF8.self)
        unread.removeSubrange(...end)
        return line
      }
      var wait = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&wait, 1, MonotonicClock.milliseconds(until: deadline)) > 0 else {
        return nil
      }
      var chunk = [UInt8](repeating: 0, count: 65536)
      let count = unsafe read(output, &chunk, chunk.count)
      guard count > 0 else {
        isAtEnd = true
        return nil
      }
      unread.append(contentsOf: chunk[..<count])
    }
  }

  /// Sends a signal.
  func signal(_ number: Int32) { kill(pid, number) }

  /// Asks the child to end, collects the lines it still prints, and kills it after `seconds`.
  ///
  /// - Returns: those lines, and its exit code; nil when a signal ended it.
  @discardableResult
  func end(with number: Int32? = SIGTERM, within seconds: Double) -> (lines: [String], code: Int32?)
  {
    if let number { signal(number) }
    let deadline = MonotonicClock.now + MonotonicClock.nanoseconds(seconds)
    var lines: [String] = []
    while let line = readLine(until: deadline) { lines.append(line) }
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, WNOHANG) == 0 {
      if MonotonicClock.now > deadline { kill(pid, SIGKILL) }
      usleep(1000)
    }
    close(input)
    close(output)
    return (lines, status & 0x7f == 0 ? status >> 8 & 0xff : nil)
  }

  private static func makePipe() throws(SystemFailure) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw SystemFailure("pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }
}
