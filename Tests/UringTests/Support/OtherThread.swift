import Glibc
import Testing

/// Runs work on a thread of its own and waits for it.
func onOtherThread(_ work: @escaping @Sendable () -> Void) throws {
  final class Work: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
  var thread = pthread_t()
  let argument = unsafe Unmanaged.passRetained(Work(work))
  let result = unsafe pthread_create(
    &thread, nil,
    { argument in
      guard let argument = unsafe argument else { return nil }
      unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
      return nil
    }, argument.toOpaque())
  try #require(result == 0)
  pthread_join(thread, nil)
}
