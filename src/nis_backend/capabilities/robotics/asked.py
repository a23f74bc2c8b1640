"""How people ask for each of these operations, beside its examples: the words that reach it, and what it is near to."""

from __future__ import annotations

POSE = (
    "Where is the tool of a two-link arm with link lengths and joint angles?",
    "Where is the tool of a robot arm when its joints are at these angles? Forward kinematics.",
    "What is the end effector position of a UR5 with the joint angles given?",
    "Where does the gripper, the hand, the flange or the tip of the manipulator end up for these joint values?",
    "Compute the forward kinematics of a Puma 560: pose, quaternion, roll, pitch and yaw of the end effector.",
    "A two-link planar arm has its shoulder at one angle and its elbow at another: where is its fingertip?",
    "A SCARA robot's joints are set: what are the coordinates of its tool, its transformation matrix?",
    "Multiply out the Denavit-Hartenberg table of my arm: which pose does it come to?",
    "Which orientation and which place do the axes of the robot give its end effector?",
)

JACOBIAN = (
    "What is the Jacobian of a robot arm in this configuration?",
    "Is the arm singular here? Compute its manipulability, the singular values and the condition number.",
    "How fast does the end effector move when each joint turns at unit speed?",
    "Is the UR5 near a singularity at these joint angles?",
    "Which directions does the manipulator lose in this posture? Yoshikawa's manipulability measure.",
    "Compute the geometric Jacobian matrix of the Puma 560 and its rank.",
)

TRAJECTORY = (
    "Plan a trajectory for a robot arm between two joint configurations: time-optimal, jerk-limited.",
    "How long does the robot need from here to there within its limits? A double-S velocity profile.",
    "Give me a smooth motion of the manipulator through these waypoints, with minimum jerk.",
    "Move the tool along a straight line: which joint motion, how fast may it be?",
    "Compute an S-curve motion profile for all joints, synchronised.",
    "Plan the motion of a SCARA robot from one stance to another as quickly as its joints allow.",
)

INVERSE = (
    "What joint angles does a two-link arm need to reach a point?",
    "Which joint angles put the gripper of the robot arm here? Inverse kinematics.",
    "Can the arm reach this point? Solve for its joints within their limits.",
    "How must the shoulder and the elbow turn so that the hand gets to the point x, y?",
    "Find all inverse kinematics solutions of a Puma 560 for this pose of its end effector.",
    "What configuration of a SCARA reaches this position?",
    "Solve the pose: the joint values for a desired position and orientation of the tool.",
)

COLLISION = (
    "Does the robot arm hit anything on its way? Collision check between two stances.",
    "Is this path of the manipulator collision-free? How much clearance is there to the obstacles?",
    "Will the arm collide with the box, the table, the post, the floor or itself while it moves?",
    "Check a swept motion of the robot for contact with spheres, boxes and capsules.",
    "Where and when does the arm touch the obstacle first, and with which link?",
    "Check the path of a Puma 560 for self-collision.",
)
