#version 330 core
// Lines and cards of the scene.

layout(location = 0) in vec3 position;
layout(location = 1) in vec4 tint;
layout(location = 2) in vec2 uv;
uniform mat4 project;
out vec4 shade;
out vec2 at;

void main() {
    gl_Position = project * vec4(position, 1);
    shade = tint;
    at = uv;
}
