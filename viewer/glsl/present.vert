#version 330 core
// One triangle that covers the window.

void main() {
    gl_Position = vec4(4 * (gl_VertexID & 1) - 1, 4 * (gl_VertexID >> 1) - 1, 0, 1);
}
