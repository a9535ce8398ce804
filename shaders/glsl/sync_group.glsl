// Invocations that share rays may be anywhere in the workgroup.
void sync() {
    barrier();
}
