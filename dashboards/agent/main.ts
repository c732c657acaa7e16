import App from "@/agent/App.vue";
import { startConsole } from "@/shared/start";

void startConsole(App, "/agent");
