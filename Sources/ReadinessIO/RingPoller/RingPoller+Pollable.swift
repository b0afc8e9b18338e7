internal import CReadiness
internal import Glibc
internal import SystemPackage

extension RingPoller {
  /// Refuses what epoll_ctl(2) refuses: a closed descriptor, and a file that has no readiness.
  ///
  /// The kernel would poll a regular file and call it ready at once.
  mutating func checkPollable(_ descriptor: FileDescriptor) throws(Errno) {
    var status = stat()
    plainCallCount += 1
    guard unsafe fstat(descriptor.rawValue, &status) == 0 else { throw .current }
    switch status.st_mode & S_IFMT {
    case S_IFSOCK, S_IFIFO, 0:
      return  // Files without a type are anonymous inodes: eventfd, timerfd, pidfd and so on.
    default:
      try askEpoll(descriptor)
    }
  }

  /// Whether a device has readiness is its driver's secret; epoll knows.
  private mutating func askEpoll(_ descriptor: FileDescriptor) throws(Errno) {
    plainCallCount += 3
    let answer = epoll_create1(CREADINESS_CLOEXEC)
    guard answer >= 0 else { throw .current }
    let epoll = FileDescriptor(rawValue: answer)
    defer { try? epoll.close() }
    var event = unsafe epoll_event()
    guard unsafe epoll_ctl(answer, EPOLL_CTL_ADD, descriptor.rawValue, &event) == 0 else {
      throw .current
    }
  }
}
