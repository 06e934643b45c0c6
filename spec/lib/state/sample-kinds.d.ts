export {}

/** Kinds that specs make up. */
declare module '../../../lib/state/resource-kind.ts' {
  interface ResourceKinds {
    thing: true
    lamp: true
    line: true
    late: true
    many: true
    scripted: true
    unread: true
    waiting: true
    restarted: true
    first: true
    second: true
    third: true
    fourth: true
    fifth: true
  }
}
